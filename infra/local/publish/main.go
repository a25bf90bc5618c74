// Command publish publishes a version of the policy on one machine. `make publish` runs it: it generates what is compiled in, rebuilds the
// functions, and lets the service of `make run` take them while it runs.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
)

func main() {
	draft := flag.Bool("draft", false, "write the next version as a draft, and publish nothing")
	example := flag.Bool("example", false, "write an example of a next version first")
	undo := flag.Bool("undo", false, "take the newest version back, if it is in no commit")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	p := open(engine.Root(), os.Getenv("PORT"))
	err := p.alone(func() error {
		switch {
		case *draft:
			return p.draft()
		case *undo:
			return p.undo(ctx)
		default:
			return p.publish(ctx, *example)
		}
	})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// open returns the publisher of a repository, for the service on a port.
func open(root, port string) *publisher {
	p := &publisher{root: root, policy: folder(filepath.Join(root, "shared", "policy")), build: filepath.Join(root, ".local", "build"), now: time.Now, out: os.Stdout}
	if port == "" || port == standardPort {
		port = standardPort
	} else {
		p.suffix = " PORT=" + port
	}
	p.service = service{url: "http://localhost:" + port, http: &http.Client{}}
	p.generate = func(ctx context.Context) (string, error) { return p.output(ctx, "go", "generate", "./shared/policy") }
	p.rebuild = func(ctx context.Context) error { return p.tool(ctx, "make", "--silent", ".local/stamp/bootstraps") }
	p.committed = func(ctx context.Context) (string, error) {
		return p.output(ctx, "git", "show", "HEAD:shared/policy/published/SHA256SUMS")
	}
	return p
}
