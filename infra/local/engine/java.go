package engine

import "os/exec"

func javaCommand(dir string, port int) (*exec.Cmd, error) { return nil, ErrNoEngine }
