# The environment that setup.sh makes, as an image for amd64 and arm64 hosts.
#
#   docker build -t hvlab .
#   docker run --rm -it hvlab make demo
#   docker run --rm -it -u "$(id -u)" -v "$PWD:/hvlab" hvlab    (your own tree)
#
# --build-arg BASE=debian:bookworm-slim takes the older release, and
# --build-arg LINUX=yes puts the Linux guest in: then no run needs a network.
ARG BASE=debian:trixie-slim
FROM ${BASE}

COPY setup.sh common/guest/fetch-linux.sh /opt/hvlab/
# The C library's 32-bit and release builds, 0.9 GB, are never linked here.
RUN /opt/hvlab/setup.sh && apt-get clean && rm -rf /var/lib/apt/lists/* \
    /usr/lib/picolibc/*/lib/rv32* /usr/lib/picolibc/*/lib/release

# Written by hand: the smallest base images have no useradd.
RUN echo 'student:x:1000:1000::/home/student:/bin/bash' >>/etc/passwd && \
    echo 'student:x:1000:' >>/etc/group && \
    install -d -o 1000 -g 1000 /home/student /hvlab && \
    install -d -m 1777 /cache
ENV HVLAB_CACHE=/cache HOME=/home/student LANG=C.UTF-8
USER student
WORKDIR /hvlab

ARG LINUX=no
RUN [ "$LINUX" = no ] || /opt/hvlab/fetch-linux.sh

COPY --chown=1000:1000 . .
CMD ["bash"]
