"""python3 lockdown.py COMMAND...: runs a command that can only read and compute.

Where there is no bubblewrap, a student's code that runs on this machine has the
same user as the grader, whom it could end or overwrite. So the kernel refuses it
every system call that reaches another process, starts one, writes a file or
opens a socket: a seccomp filter, made by the library that QEMU confines itself
with. What the user can read, it can read. A file of its own, since it stays for
the rest of the process, and sandbox.py starts it as a script.
"""

import ctypes
import errno
import os
import sys

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # seccomp.h: SCMP_ACT_*
_NOT_EQUAL, _MASKED_EQUAL = 1, 7  # SCMP_CMP_*
_UNKNOWN = -1  # __NR_SCMP_ERROR: a system call that this library has not heard of

_REFUSED = """
    tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal pidfd_getfd
    ptrace process_vm_readv process_vm_writev process_madvise kcmp setpgid setsid
    setpriority ioprio_set sched_setaffinity sched_setparam sched_setscheduler
    sched_setattr
    creat openat2 unlink unlinkat rename renameat renameat2 link linkat symlink
    symlinkat mkdir mkdirat rmdir mknod mknodat truncate ftruncate fallocate
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat utime utimes
    futimesat utimensat setxattr lsetxattr fsetxattr removexattr lremovexattr
    fremovexattr inotify_init inotify_init1 open_by_handle_at
    socket socketpair shmget msgget semget mq_open io_uring_setup bpf
    perf_event_open userfaultfd keyctl add_key request_key
""".split()
_NO_PROCESS = ("fork", "vfork", "clone", "clone3")
_OF_ITSELF = ("kill", "tgkill")  # argument 0: whom
_OF_CALLER = ("prlimit64",)  # argument 0: 0 is the caller
_OPEN = {"open": 1, "openat": 2}  # the argument with the flags
_WRITING = (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC)


class _Compare(ctypes.Structure):
    """struct scmp_arg_cmp"""

    _fields_ = [
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("a", ctypes.c_uint64),
        ("b", ctypes.c_uint64),
    ]


class _Filter:
    def __init__(self) -> None:
        self.lib = ctypes.CDLL("libseccomp.so.2")
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.lib.seccomp_init(_ALLOW))

    def refuse(
        self, name: str, error: int, *compare: tuple[int, int, int, int]
    ) -> None:
        """With this error, if what is compared of the arguments holds."""
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number == _UNKNOWN:
            return
        array = (_Compare * len(compare))(*(_Compare(*one) for one in compare))
        status = self.lib.seccomp_rule_add_array(
            self.context, _ERRNO | error, number, len(compare), array
        )
        if status:
            raise OSError(-status, f"{name}: {os.strerror(-status)}")

    def load(self) -> None:
        status = self.lib.seccomp_load(self.context)
        if status:
            raise OSError(-status, os.strerror(-status))


def lock() -> None:
    """For this process and whatever it becomes."""
    made = _Filter()
    for name in _REFUSED:
        made.refuse(name, errno.EPERM)
    for name in _NO_PROCESS:
        made.refuse(name, errno.EAGAIN)
    for name in _OF_ITSELF:
        made.refuse(name, errno.EPERM, (0, _NOT_EQUAL, os.getpid(), 0))
    for name in _OF_CALLER:
        made.refuse(name, errno.EPERM, (0, _NOT_EQUAL, 0, 0))
    for name, argument in _OPEN.items():
        for flag in _WRITING:
            made.refuse(name, errno.EROFS, (argument, _MASKED_EQUAL, flag, flag))
    made.load()


if __name__ == "__main__":
    try:
        lock()
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as error:
        print(f"lockdown: {error}", file=sys.stderr)
        sys.exit(127)
