#include "host/detail/confine.h"

#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <vector>

#include "os/files.h"

namespace ringwall::host::detail {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t native = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t native = AUDIT_ARCH_AARCH64;
#else
#error "name this machine's AUDIT_ARCH"
#endif

// What PostgreSQL 15, MariaDB, the tools that prepare a data folder and the C library ask of the
// kernel, whatever the arguments. Everything else does not exist for them.
constexpr int allowed[] = {
    // Files
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_preadv,
    SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_openat, SYS_close, SYS_close_range, SYS_fstat,
    SYS_newfstatat, SYS_statx, SYS_statfs, SYS_fstatfs, SYS_faccessat, SYS_faccessat2, SYS_lseek,
    SYS_truncate, SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_sync,
    SYS_syncfs, SYS_sync_file_range, SYS_fadvise64, SYS_readahead, SYS_copy_file_range,
    SYS_sendfile, SYS_mkdirat, SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_linkat,
    SYS_symlinkat, SYS_readlinkat, SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_umask,
    SYS_utimensat, SYS_getdents64, SYS_getcwd, SYS_chdir, SYS_fchdir, SYS_dup, SYS_dup3,
    SYS_fcntl, SYS_flock, SYS_pipe2,
    // Waiting and time
    SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait,
    SYS_epoll_pwait2, SYS_eventfd2, SYS_signalfd4, SYS_timerfd_create, SYS_timerfd_settime,
    SYS_timerfd_gettime, SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime, SYS_clock_getres,
    SYS_gettimeofday, SYS_times, SYS_setitimer, SYS_getitimer, SYS_timer_create,
    SYS_timer_settime, SYS_timer_gettime, SYS_timer_getoverrun, SYS_timer_delete,
    // Memory: what can be executed is decided below
    SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise, SYS_msync, SYS_mincore, SYS_mlock, SYS_mlock2,
    SYS_munlock, SYS_mlockall, SYS_munlockall, SYS_membarrier, SYS_shmget, SYS_shmctl, SYS_shmdt,
    // Processes and threads, in the PID namespace of their own
    SYS_execve, SYS_exit, SYS_exit_group, SYS_wait4, SYS_waitid, SYS_kill, SYS_tkill, SYS_tgkill,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending,
    SYS_rt_sigtimedwait, SYS_rt_sigsuspend, SYS_sigaltstack, SYS_restart_syscall, SYS_getpid,
    SYS_getppid, SYS_gettid, SYS_getpgid, SYS_setpgid, SYS_getsid, SYS_setsid, SYS_getuid,
    SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_getgroups,
    SYS_set_tid_address, SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_futex,
    SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler,
    SYS_getpriority, SYS_getcpu, SYS_uname, SYS_sysinfo, SYS_getrlimit, SYS_setrlimit,
    SYS_prlimit64, SYS_getrusage, SYS_getrandom, SYS_capget,
    // Sockets: their families are decided below
    SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_connect, SYS_getsockname, SYS_getpeername,
    SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg,
    SYS_setsockopt, SYS_getsockopt, SYS_shutdown,
#if defined(__x86_64__)
    // Older names of the same
    SYS_open, SYS_creat, SYS_stat, SYS_lstat, SYS_access, SYS_mkdir, SYS_rmdir, SYS_unlink,
    SYS_rename, SYS_link, SYS_symlink, SYS_readlink, SYS_chmod, SYS_chown, SYS_lchown, SYS_utime,
    SYS_utimes, SYS_futimesat, SYS_getdents, SYS_dup2, SYS_pipe, SYS_poll, SYS_select,
    SYS_epoll_create, SYS_epoll_wait, SYS_eventfd, SYS_signalfd, SYS_time, SYS_alarm, SYS_pause,
    SYS_getpgrp, SYS_fork, SYS_vfork, SYS_arch_prctl,
#endif
};

constexpr std::uint32_t new_namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
// No netlink: the C library does without, and asks it about interfaces only.
constexpr std::uint32_t socket_families[] = {AF_UNIX, AF_INET, AF_INET6};
// Whether something is a terminal, and what can be read. None that types into one (TIOCSTI).
constexpr std::uint32_t device_requests[] = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX};
constexpr std::uint32_t process_options[] = {PR_SET_PDEATHSIG,    PR_GET_PDEATHSIG,
                                             PR_SET_NAME,         PR_GET_NAME,
                                             PR_GET_DUMPABLE,     PR_GET_SECCOMP,
                                             PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ};

using Filter = std::vector<sock_filter>;

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
// The low half of an argument: all that the kernel reads of those that are looked at here.
sock_filter load_argument(std::size_t number) {
  return load(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t));
}
sock_filter answer(int code) {
  return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(code));
}
sock_filter allow() {
  return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}
// The next statement only if the loaded word equals `value`, or has any of `bits`.
sock_filter if_equal(std::uint32_t value) {
  return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
}
sock_filter if_any(std::uint32_t bits) {
  return BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
}

// `decision` answers on every path.
void decide(Filter& filter, int call, const Filter& decision) {
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0,
                            static_cast<std::uint8_t>(decision.size())));
  filter.insert(filter.end(), decision.begin(), decision.end());
}

Filter one_of(std::size_t argument, std::span<const std::uint32_t> values, int otherwise) {
  Filter decision = {load_argument(argument)};
  for (const std::uint32_t value : values)
    decision.insert(decision.end(), {if_equal(value), allow()});
  decision.push_back(answer(otherwise));
  return decision;
}

Filter none_of(std::size_t argument, std::uint32_t bits) {
  return {load_argument(argument), if_any(bits), answer(EPERM), allow()};
}

// Only a file's pages become executable, and only as they are: no memory that was written to.
void keep_code_as_it_is(Filter& filter) {
  decide(filter, SYS_mmap,
         {load_argument(2), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0), allow(),
          if_any(PROT_WRITE), answer(EPERM), load_argument(3), if_any(MAP_ANONYMOUS),
          answer(EPERM), allow()});
  decide(filter, SYS_mprotect, none_of(2, PROT_EXEC));
  decide(filter, SYS_shmat, none_of(2, SHM_EXEC));
}

std::unexpected<Error> cannot(const char* what) {
  return std::unexpected(os::system_error(what, errno));
}

}  // namespace

Result<> drop_privileges(const Account& account) {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0)
      return cannot("cannot drop a capability");
  }
  // A core would carry a database's memory. One byte is too little for a file, and unlike none
  // it also keeps the kernel from piping the core to a program (core(5)).
  const rlimit least = {1, 1};
  ::setrlimit(RLIMIT_CORE, &least);
  const auto& [uid, gid, groups] = account;
  if (::setgroups(groups.size(), groups.data()) != 0 || ::setresgid(gid, gid, gid) != 0 ||
      ::setresuid(uid, uid, uid) != 0) {
    return cannot("cannot become the unprivileged user");
  }
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct nothing[2] = {};
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
      ::syscall(SYS_capset, &header, nothing) != 0 ||
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return cannot("cannot give up privileges");
  }
  return {};
}

std::span<const int> system_calls_allowed() {
  return allowed;
}

Result<> allow_known_system_calls() {
  Filter filter = {
      load(offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, native, 1, 0),
      answer(ENOSYS),  // a foreign architecture's numbers would mean other calls
      load(offsetof(seccomp_data, nr)),  // an x32 number is none of those below
  };
  for (const int call : allowed)
    filter.insert(filter.end(), {if_equal(static_cast<std::uint32_t>(call)), allow()});
  decide(filter, SYS_socket, one_of(0, socket_families, EAFNOSUPPORT));
  decide(filter, SYS_socketpair, one_of(0, socket_families, EAFNOSUPPORT));
  decide(filter, SYS_ioctl, one_of(1, device_requests, ENOTTY));
  decide(filter, SYS_prctl, one_of(0, process_options, EINVAL));
  // clone3's flags lie in memory where a filter cannot look; libraries fall back to clone.
  decide(filter, SYS_clone, none_of(0, new_namespaces));
  keep_code_as_it_is(filter);
  filter.push_back(answer(ENOSYS));  // libraries then do what they did before there was the call
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
    return cannot("cannot filter system calls: the kernel needs CONFIG_SECCOMP_FILTER");
  }
  return {};
}

}  // namespace ringwall::host::detail
