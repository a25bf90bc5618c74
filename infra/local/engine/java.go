package engine

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/helpdeskexpert/privacy/infra/local/process"
)

//go:embed java/pom.xml
var pom []byte

//go:embed java/Loopback.java
var loopback []byte

// StartDynamoDBLocal starts DynamoDB Local, even if another engine is installed. Otherwise it is like [Start].
func StartDynamoDBLocal(ctx context.Context, dir string) (*Engine, error) {
	return retry(ctx, func() (*Engine, error) { return startJava(ctx, dir) })
}

func startJava(ctx context.Context, dir string) (*Engine, error) {
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	cmd, err := javaCommand(ctx, dir, port)
	if err != nil {
		return nil, err
	}
	return launch(ctx, cmd, "DynamoDB Local", port)
}

// javaCommand prepares DynamoDB Local, which Maven downloads once (about 50 MB). Without a JDK or Maven it returns ErrNoEngine.
func javaCommand(ctx context.Context, dir string, port int) (*exec.Cmd, error) {
	java, javaErr := exec.LookPath("java")
	maven, mavenErr := exec.LookPath("mvn")
	if javaErr != nil || mavenErr != nil {
		return nil, ErrNoEngine
	}
	home, err := filepath.Abs(filepath.Join(Root(), ".local/dynamodb-local"))
	if err != nil {
		return nil, err
	}
	if err := install(ctx, maven, home); err != nil {
		return nil, err
	}
	args := []string{"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classpath(home), "Loopback", "-sharedDb", "-disableTelemetry", "-port", strconv.Itoa(port)}
	if dir == "" {
		return exec.Command(java, append(args, "-inMemory")...), nil
	}
	return exec.Command(java, append(args, "-dbPath", dir)...), nil
}

// classpath returns where Java finds DynamoDB Local and its compiled start.
func classpath(home string) string {
	return filepath.Join(home, "classes") + string(os.PathListSeparator) + filepath.Join(home, "lib", "*")
}

// install downloads the libraries and compiles the start, unless that was done. Each folder appears only when it is complete. If several
// processes need it, one installs and the others wait.
func install(ctx context.Context, maven, home string) error {
	classes := filepath.Join(home, "classes")
	if _, err := os.Stat(classes); err == nil {
		return nil
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	lock, err := os.Create(filepath.Join(home, "lock"))
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // which also unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if _, err := os.Stat(classes); err == nil {
		return nil
	}
	for name, text := range map[string][]byte{"pom.xml": pom, "Loopback.java": loopback} {
		if err := os.WriteFile(filepath.Join(home, name), text, 0o644); err != nil {
			return err
		}
	}
	if err := download(ctx, maven, home); err != nil {
		return err
	}
	// Compiled once, since compiling it at each start took as long as the rest of the start.
	compile := exec.CommandContext(ctx, "javac", "-cp", classpath(home), "-d", classes+".new", filepath.Join(home, "Loopback.java"))
	if out, err := compile.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the start of DynamoDB Local: %w: %s", err, out)
	}
	return os.Rename(classes+".new", classes)
}

// download downloads the libraries unless they exist.
func download(ctx context.Context, maven, home string) (err error) {
	lib := filepath.Join(home, "lib")
	if _, err := os.Stat(lib); err == nil {
		return nil
	}
	fmt.Fprintln(os.Stderr, "downloading DynamoDB Local with Maven; this happens only once")
	for range 3 { // networks fail
		fetch := exec.CommandContext(ctx, maven, "-q", "-B", "-f", filepath.Join(home, "pom.xml"),
			"dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+lib+".new")
		var out []byte
		if out, err = fetch.CombinedOutput(); err == nil {
			return os.Rename(lib+".new", lib)
		}
		err = fmt.Errorf("download DynamoDB Local: %w: %s", err, out)
	}
	return err
}
