package process

import "syscall"

// attributes puts the child into its own process group and lets the kernel kill it when this program dies.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
