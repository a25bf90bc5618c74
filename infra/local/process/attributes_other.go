//go:build !linux

package process

import "syscall"

// attributes puts the child into its own process group. Only Linux can tie a child's life to its parent's.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
