//go:build !linux

package process

import "syscall"

// attributes asks for a group of the child's own. Only Linux can tie a child's life to its parent's.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
