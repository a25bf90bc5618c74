// Command local runs the whole service on this machine; `make run` builds and starts it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/infra/local/console"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/samcli"
	"github.com/helpdeskexpert/privacy/infra/local/stack"
)

func main() {
	var c config
	if err := env.Parse(&c); err != nil {
		fmt.Fprintln(os.Stderr, "privacy-local:", explained(err))
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, c)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "privacy-local:", err)
		os.Exit(1)
	}
}

// run starts the stack in the repository's folder and stops it when ctx ends.
func run(ctx context.Context, c config) error {
	if err := os.Chdir(engine.Root()); err != nil {
		return err
	}
	terminal := console.New(os.Stderr)
	o, cli := c.options(terminal), &samcli.Server{Output: terminal.Writer("sam"), Arguments: c.SAMArgs, WebsiteOrigins: c.Websites}
	if c.SAM {
		o.API, o.Containers = cli.Start, samcli.Containers()
		defer cli.Stop() //nolint:contextcheck // SAM CLI must be stopped even though the context has ended
	}
	s, err := stack.Start(ctx, o)
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Print(banner(s.URL, c.data()))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		<-cli.Done() // without SAM CLI this blocks for ever
		stop()
	}()
	err = s.Wait(ctx)
	select {
	case <-cli.Done():
		return errors.Join(err, errors.New("SAM CLI stopped"))
	default:
		return err
	}
}
