"""hooks.py - what MkDocs does for the handbook beyond its own: it stages the
pages before a build (stage.py), and makes the search work from a folder."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from stage import ENGLISH, ROOT, STAGED, Handbook  # noqa: E402

NAMES = {"en": "English", "zh": "简体中文"}

# A page opened from a folder may neither fetch the index nor start a worker
# from a file: so this brings both along. And Chinese has no spaces: each
# character is a word to the index, and here it becomes one in the query.
OFFLINE = """\
var __index = {index};
var __search = {{ index: Promise.resolve(__index) }};
(function () {{
  var source = {worker}, RealWorker = window.Worker;
  window.Worker = function (url, options) {{
    if (String(url).indexOf("/workers/search.") < 0)
      return new RealWorker(url, options);
    var blob = new Blob([source], {{ type: "text/javascript" }});
    var worker = new RealWorker(URL.createObjectURL(blob));
    var send = worker.postMessage.bind(worker);
    worker.postMessage = function (message) {{
      if (message && typeof message.data === "string")
        message.data = message.data.replace(/[\\u3400-\\u9fff]/g, " +$& ").trim();
      send(message);
    }};
    return worker;
  }};
}})();
"""
SPLIT = "\u200b"
BETWEEN = re.compile("(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")
# What Material's translation says of the search; it would have a stemmer loaded
# from a file, and a trimmer that knows only Latin letters.
SEARCH = {
    '"search.config.lang": "ja"': '"search.config.lang": "en"',
    '"search.config.pipeline": "trimmer, stemmer"': '"search.config.pipeline": " "',
}


def language(config: Any) -> str:
    return str(config["theme"]["language"])


def on_pre_build(config: Any) -> None:
    book = Handbook(language(config))
    if book.problems:
        raise SystemExit("\n".join(book.problems))
    book.write(STAGED / "src" / book.language)


def on_page_context(context: Any, page: Any, config: Any, nav: Any) -> Any:
    """A language menu, with places for on_post_page to fill."""
    config["extra"]["alternate"] = [
        {"name": name, "link": f"alternate://{lang}", "lang": lang}
        for lang, name in NAMES.items()
    ]
    return context


def on_post_page(output: str, page: Any, config: Any) -> str:
    """The language menu leads to the same page, where there is one."""
    output = output.replace(ENGLISH, "../")
    if language(config) != "en":
        for theirs, ours in SEARCH.items():
            output = output.replace(theirs, ours)
    root = "../" * page.file.url.count("/")
    root += "../" if language(config) != "en" else ""
    for lang in NAMES:
        folder = "" if lang == "en" else f"{lang}/"
        there = (ROOT / "docs" / folder / page.file.src_path).exists()
        target = page.file.url if there else "index.html"
        output = output.replace(f"alternate://{lang}", f"{root}{folder}{target}")
    return output


def on_post_build(config: Any) -> None:
    """The code pages are no search results; then offline.js is made."""
    site = Path(config["site_dir"])
    path = site / "search/search_index.json"
    index = json.loads(path.read_text())
    index["docs"] = [d for d in index["docs"] if not d["location"].startswith("code/")]
    if language(config) != "en":
        index["config"]["pipeline"] = []
        index["config"]["separator"] = rf"[\s\-{SPLIT}，。：；、！？（）“”]+"
        for entry in index["docs"]:
            for key in "title", "text":
                entry[key] = BETWEEN.sub(SPLIT, entry[key])
    path.write_text(json.dumps(index, ensure_ascii=False, separators=(",", ":")))
    (site / "search/search_index.js").write_text("")
    (worker,) = site.glob("assets/javascripts/workers/search.*.min.js")
    (site / "search/offline.js").write_text(
        OFFLINE.format(
            index=json.dumps(index, ensure_ascii=False),
            worker=json.dumps(worker.read_text().replace("</", "<\\/")),
        )
    )
