package engine

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// ErrNoEngine says that no engine is installed, and how to get one.
var ErrNoEngine = errors.New("no DynamoDB engine is installed: run `npm ci --prefix infra/local` (Linux on x64), " +
	"install a JDK and Maven, or set AWS_ENDPOINT_URL_DYNAMODB")

// dynoxide returns the path of dynoxide's binary for this platform, or "" if it is not installed.
func dynoxide() string {
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	path := filepath.Join(Root(), "infra/local/node_modules/@dynoxide", runtime.GOOS+"-"+arch, "dynoxide")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// dynoxideCommand keeps data in one SQLite file, or in memory if dir is empty. In memory, which tests use, it also takes commands
// on the port control.
func dynoxideCommand(path, dir string, port, control int) *exec.Cmd {
	args := []string{"serve", "--port", strconv.Itoa(port)}
	if dir != "" {
		args = append(args, "--db-path", filepath.Join(dir, "dynamodb.sqlite"))
	} else {
		args = append(args, "--mcp", "--mcp-no-auth", "--mcp-port", strconv.Itoa(control))
	}
	return exec.Command(path, args...)
}

// Root returns the repository's folder: the nearest folder with go.mod, from the working directory upwards, or "." if there is none.
func Root() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return "."
}
