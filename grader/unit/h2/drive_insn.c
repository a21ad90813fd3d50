/*
 * drive_insn.c - commands for h2.6: many instructions at a time.
 *
 * An instruction taken apart is answered as one word: "-" if it is refused,
 * else STORE SIGN_EXTEND WIDTH REG LENGTH, each field in hexadecimal without
 * anything between them but commas.
 */
#include <string.h>

#include "driver.h"
#include "inline.h"

#define UNSET 0xa5 /* fills what the student's function must fill in */

/* A bool is read as a byte: one that was not set is no valid bool. */
static unsigned byte_of(const bool *flag)
{
	unsigned char byte;

	memcpy(&byte, flag, 1);
	return byte;
}

static void answer_insn(bool taken, const struct insn *insn)
{
	if (taken)
		host_answer(" %x,%x,%x,%x,%x", byte_of(&insn->store),
			    byte_of(&insn->sign_extend), insn->width, insn->reg,
			    insn->length);
	else
		host_answer(" -");
}

/* decode INSN...: insn_decode of each */
static void decode(void)
{
	while (host_more_args()) {
		struct insn insn;
		memset(&insn, UNSET, sizeof(insn));
		bool taken = unit_insn_decode((uint32_t)host_arg(), &insn);
		answer_insn(taken, &insn);
	}
}

/* decode_all UPPER: insn_decode with each lower half that is compressed */
static void decode_all(void)
{
	uint32_t upper = (uint32_t)host_arg() << 16;

	for (uint32_t half = 0; half < 65536; half++) {
		struct insn insn;
		if ((half & 3) == 3)
			continue;
		memset(&insn, UNSET, sizeof(insn));
		bool taken = unit_insn_decode(upper | half, &insn);
		answer_insn(taken, &insn);
	}
}

/* htinst VALUE...: insn_decode_htinst of each */
static void htinst(void)
{
	while (host_more_args()) {
		struct insn insn;
		memset(&insn, UNSET, sizeof(insn));
		bool taken = unit_insn_decode_htinst(host_arg(), &insn);
		answer_insn(taken, &insn);
	}
}

/* extend SIGN_EXTEND WIDTH RAW, any number of times: insn_extend of each */
static void extend(void)
{
	while (host_more_args()) {
		struct insn insn = {.reg = 10, .length = 4};
		insn.sign_extend = host_arg();
		insn.width = (unsigned)host_arg();
		host_answer(" %lx", unit_insn_extend(&insn, host_arg()));
	}
}

const struct host_command insn_commands[] = {
	{"decode", decode},
	{"decode_all", decode_all},
	{"htinst", htinst},
	{"extend", extend},
	{0},
};
