// Package samcli serves the HTTP routes through SAM CLI. `sam local start-api` runs as a child behind the stack's own port, so that
// the service has the same address under SAM CLI. The stack itself still runs streams, schedules and stand-ins.
package samcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/process"
	"github.com/helpdeskexpert/privacy/infra/local/stack"
)

const (
	patience = 10 * time.Minute // the first start pulls and builds images
	farewell = time.Minute      // SAM CLI removes its containers before it ends
)

// Server is a `sam local start-api` under way.
type Server struct {
	Output    io.Writer // where its log goes
	Arguments string    // more arguments, separated by blanks; the last of a kind counts
	// WebsiteOrigins is the template's parameter of that name; empty for its default.
	WebsiteOrigins string
	child          *process.Process
	log            *filter
}

// Start starts SAM CLI with the file of environment variables. Once SAM CLI answers, Start returns a handler that passes requests on.
func (s *Server) Start(ctx context.Context, environment string) (http.Handler, error) {
	path, err := exec.LookPath("sam")
	if err != nil {
		return nil, errors.New("SAM CLI is not installed: `pip install aws-sam-cli` installs it")
	}
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, s.arguments(port, environment)...)
	cmd.Env = append(os.Environ(), "SAM_CLI_TELEMETRY=0", "AWS_DEFAULT_REGION="+engine.Region, "AWS_REGION="+engine.Region,
		"AWS_ACCESS_KEY_ID=sam", "AWS_SECRET_ACCESS_KEY=defaultsecret", "AWS_SESSION_TOKEN=")
	s.log = &filter{to: s.Output}
	cmd.Stdout, cmd.Stderr = s.log, s.log
	if s.child, err = process.Start(cmd); err != nil {
		return nil, fmt.Errorf("start SAM CLI: %w", err)
	}
	origin := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	if err := s.await(ctx, origin.Host); err != nil {
		s.Stop() //nolint:contextcheck // what was started ends although the context has ended
		return nil, fmt.Errorf("`sam local start-api`: %w", err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(origin)
		r.Out.Host = r.In.Host // the caller's, as API Gateway passes it on
	}}, nil
}

// arguments returns the command line. The binaries are built for this machine's processor, whatever the template's default is.
func (s *Server) arguments(port int, environment string) []string {
	arguments := []string{"local", "start-api", "--host", "127.0.0.1", "--port", strconv.Itoa(port), "--env-vars", environment,
		"--parameter-overrides", "Architecture=" + Architecture()}
	if s.WebsiteOrigins != "" {
		arguments = append(arguments, "WebsiteOrigins="+s.WebsiteOrigins)
	}
	arguments = append(arguments, "--warm-containers", "EAGER")
	return append(arguments, strings.Fields(s.Arguments)...)
}

// Architecture is what Lambda calls this machine's processor.
func Architecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// Containers is how containers reach this machine: on Linux through the address of Docker's bridge, on which the
// stand-ins then listen besides loopback; elsewhere by the name that Docker Desktop gives it, which leads to loopback.
func Containers() stack.Containers {
	if docker, err := net.InterfaceByName("docker0"); err == nil {
		addresses, _ := docker.Addrs()
		for _, a := range addresses {
			if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil {
				return stack.Containers{Host: ip.IP.String(), Bridge: ip.IP.String()}
			}
		}
	}
	return stack.Containers{Host: "host.docker.internal"}
}

// await returns once something listens on the address. SAM CLI opens its port last, when the containers are up.
func (s *Server) await(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
			return c.Close()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.child.Done():
			return errors.New("it stopped; its last lines say why")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Done is closed when SAM CLI has ended; nil, and never ready, before Start.
func (s *Server) Done() <-chan struct{} {
	if s.child == nil {
		return nil
	}
	return s.child.Done()
}

// Stop ends SAM CLI and its containers. It stops the containers first and all at once, because SAM CLI stops them one by one. If
// SAM CLI made two containers for one function at the same time, it forgets one, so Stop removes every announced container again. A
// container that no longer exists does not matter.
func (s *Server) Stop() {
	if s.child == nil {
		return
	}
	s.remove()
	s.child.Interrupt(farewell)
	s.remove()
}

// remove removes every container that was announced.
func (s *Server) remove() {
	if ids := s.log.containers(); len(ids) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		_ = exec.CommandContext(ctx, "docker", append([]string{"rm", "--force"}, ids...)...).Run()
	}
}
