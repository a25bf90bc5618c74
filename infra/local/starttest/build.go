// Package starttest measures the start of a function, from the beginning of its process to its first call for an event. It counts
// allocations, which do not depend on other work of the machine, and compares CPU time with that of a hello-world Lambda.
//
// Tests in functions/<name> call its functions, which measure the function in that folder with everything that template.yaml gives it.
package starttest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// helloWorld is the smallest useful function behind an HTTP API.
const helloWorld = `package main

import (
	"context"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: "hello"}, nil
	})
}
`

// counter reports what the process has allocated so far, as soon as it reads a byte.
const counter = `package main

import (
	"fmt"
	"os"
	"runtime"
)

func init() {
	go func() {
		if n, _ := os.Stdin.Read(make([]byte, 1)); n == 1 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Println(m.Mallocs, m.TotalAlloc)
		}
	}()
}
`

// Function builds the function in the current folder as template.yaml's builds do, and returns the path of the binary.
func Function(t testing.TB) string {
	t.Helper()
	return build(t, ".")
}

// HelloWorld builds a hello-world Lambda in the same way, and returns the path of the binary.
func HelloWorld(t testing.TB) string {
	t.Helper()
	return build(t, write(t, "hello.go", helloWorld))
}

// counting builds the function in the current folder with the counter in it.
func counting(t testing.TB) string {
	t.Helper()
	here, err := filepath.Abs("counter.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {here: write(t, "counter.go", counter)}})
	if err != nil {
		t.Fatal(err)
	}
	return build(t, ".", "-overlay", write(t, "overlay.json", string(overlay)))
}

func build(t testing.TB, pkg string, flags ...string) string {
	t.Helper()
	out, err := Build(t.TempDir(), pkg, flags...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Build builds a package into a folder as template.yaml's builds do, with further flags, and returns the path of the binary.
func Build(folder, pkg string, flags ...string) (string, error) {
	out := filepath.Join(folder, "bootstrap")
	args := append([]string{"build", "-tags", "lambda.norpc", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out}, flags...)
	cmd := exec.Command("go", append(args, pkg)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", pkg, err, text)
	}
	return out, nil
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
