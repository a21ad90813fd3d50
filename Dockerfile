# The environment that setup.sh makes, as an image for amd64 and arm64 hosts.
#
#   make docker           builds it
#   make docker-shell     opens a shell in it, on your own tree
#
# --build-arg BASE=debian:bookworm-slim takes the older release, and
# --build-arg LINUX=yes puts the Linux guest in: then no run needs a network.
ARG BASE=debian:trixie-slim
FROM ${BASE}

# What dpkg leaves out, 0.9 GB: manuals and translations; the compilers' libraries
# for all other RISC-V (and unoptimised copies), their C++ and link-time halves,
# and sanitizers that no test uses; of LLVM all but two tools; other machines'
# QEMU, and firmware; the profiler; git's servers; perl's headers and encodings.
RUN { printf 'path-exclude=%s\n' \
        '/usr/share/doc/*' '/usr/share/info/*' '/usr/share/locale/*' \
        '/usr/share/man/*' \
        '/usr/lib/picolibc/*/lib/*.a' '/usr/lib/picolibc/*/lib/*/*' \
        '/usr/lib/gcc/riscv64-unknown-elf/*/cc1plus' \
        '/usr/lib/gcc/riscv64-unknown-elf/*/plugin/*' \
        '/usr/lib/gcc/riscv64-unknown-elf/*/rv*' \
        '/usr/bin/*-lto-dump*' '/usr/lib*/gcc/*/lto1' '/usr/include/c++/*' \
        '/usr/lib/gcc/*/libstdc++*.a' '/usr/lib/gcc/*/*san.a' \
        '/usr/lib/*/libtsan.so*' '/usr/lib/*/libhwasan.so*' \
        '/usr/lib/*/liblsan.so*' '/usr/lib/*/*gprofng*' '/usr/bin/*gp-*' \
        '/usr/lib/*/libclang-[0-9]*' '/usr/lib/llvm-*/bin/*' \
        '/usr/lib/llvm-*/lib/LLVMPolly.so' \
        '/usr/bin/qemu-system-*' '/usr/share/qemu/*' \
        '/usr/bin/scalar' '/usr/lib/git-core/scalar' \
        '/usr/bin/git-shell' '/usr/lib/git-core/git-shell' \
        '/usr/lib/git-core/git-http*' '/usr/lib/git-core/git-imap-send' \
        '/usr/lib/git-core/git-daemon' '/usr/lib/*/perl/*/CORE/*' \
        '/usr/lib/*/perl/*/auto/Encode/*' '/usr/lib/llvm-*/include/arm_*' && \
      printf 'path-include=%s\n' \
        '/usr/share/doc/*/copyright' \
        '/usr/lib/picolibc/*/lib/rv64imac/lp64/*' \
        '/usr/lib/gcc/riscv64-unknown-elf/*/rv64imac/lp64/*' \
        '/usr/lib/llvm-*/bin/clang-format' '/usr/lib/llvm-*/bin/clang-tidy' \
        '/usr/bin/qemu-system-riscv64'; \
    } >/etc/dpkg/dpkg.cfg.d/hvlab

COPY setup.sh common/guest/fetch-linux.sh /opt/hvlab/
RUN /opt/hvlab/setup.sh && apt-get clean && rm -rf /var/lib/apt/lists/*

# Written by hand: the smallest base images have no useradd. Whoever runs the
# image under another number finds a home, too.
RUN echo 'student:x:1000:1000::/home/student:/bin/bash' >>/etc/passwd && \
    echo 'student:x:1000:' >>/etc/group && \
    install -d -o 1000 -g 1000 /hvlab && \
    install -d -m 1777 /home/student /cache
ENV HVLAB_CACHE=/cache HOME=/home/student LANG=C.UTF-8
USER student
WORKDIR /hvlab

ARG LINUX=no
RUN [ "$LINUX" = no ] || /opt/hvlab/fetch-linux.sh

# `make release` asks git what belongs to the kit, and for its version.
COPY --chown=1000:1000 . .
ARG VERSION=image
RUN git init -q && git add . && \
    git -c user.name=hvlab -c user.email=hvlab@localhost commit -qm "$VERSION" && \
    git tag "$VERSION"
CMD ["bash"]
