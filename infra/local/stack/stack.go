// Package stack is the whole service on one machine: what template.yaml declares, run from the functions' own binaries.
package stack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/calls"
	"github.com/helpdeskexpert/privacy/infra/local/console"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/local/oauth"
	"github.com/helpdeskexpert/privacy/infra/local/queues"
	"github.com/helpdeskexpert/privacy/infra/local/runtime"
	"github.com/helpdeskexpert/privacy/infra/local/schedules"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// Options say what to run and where.
type Options struct {
	Port       int              // of the gateway; 0 takes a free one
	Data       string           // folder that keeps everything; one stack at a time uses it
	Build      string           // folder with <name>/bootstrap for each function
	Template   string           // path of template.yaml
	NoStreams  bool             // no stream delivers, so only the schedules start work
	CallsFile  string           // where AWS calls are recorded, "" for nowhere
	Console    *console.Console // where functions log
	Now        func() time.Time
	Containers Containers // where functions run in containers too
	// API serves the API's routes in place of the gateway; it gets the path of a file with every function's variables.
	API func(ctx context.Context, environment string) (http.Handler, error)
	// WebsiteOrigins is the parameter of that name: a list with commas. Empty for the template's default.
	WebsiteOrigins string
	// CoolingOff is the parameter of that name, such as 5s. Empty for the hours of the policy.
	CoolingOff string
	// RestoredAt is the parameter of that name, such as 2026-11-28T06:00:00Z. Empty if the tables were never restored.
	RestoredAt string
}

// Stack is a running service.
type Stack struct {
	URL string // origin of the service, such as http://localhost:8080

	options   Options
	template  *sam.Template
	declared  []byte // the text of the template
	lock      *os.File
	engine    *engine.Engine
	secrets   map[string]string
	mailbox   *ses.Mailbox
	account   *ses.Account
	receiving ses.Receiving
	issuer    *oauth.Issuer
	recorder  *calls.Recorder
	failures  *failures.Log
	functions map[string]*runtime.Function // by logical id
	binaries  binaries
	schedules *schedules.Schedules
	queues    map[string]*queues.Queue // by logical id; only those that a function reads
	endpoints endpoints
	gate      *deferred
	servers   []*http.Server
	failed    chan error // errors of parts that stopped by themselves
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

// endpoints are where the functions find AWS.
type endpoints struct{ dynamodb, s3, ses string }

// Start starts everything and returns once it is up. On an error nothing is left running.
func Start(ctx context.Context, o Options) (*Stack, error) {
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &Stack{options: o, cancel: cancel, failed: make(chan error, 8), functions: map[string]*runtime.Function{}, queues: map[string]*queues.Queue{}}
	for _, step := range []func(context.Context) error{
		s.openData, s.startEngine, s.listen, s.startServices, s.loadFunctions, s.serve,
	} {
		if err := step(ctx); err != nil {
			s.Close()
			return nil, err
		}
	}
	if err := s.follow(background); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Wait returns nil when ctx ends, or the error of a part that stopped by itself.
func (s *Stack) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	case <-s.engine.Done():
		return errors.New("the DynamoDB engine stopped")
	}
}

// Close ends everything: first what invokes functions, then the functions, then what they use.
func (s *Stack) Close() {
	s.cancel()
	for _, server := range s.servers {
		_ = server.Close()
	}
	for _, function := range s.functions {
		function.Close()
	}
	s.running.Wait()
	s.binaries.remove()
	if s.engine != nil {
		s.engine.Stop()
	}
	if s.mailbox != nil {
		_ = s.mailbox.Close()
	}
	for _, queue := range s.queues {
		_ = queue.Close()
	}
	if s.recorder != nil {
		_ = s.recorder.Close()
	}
	if s.lock != nil {
		_ = s.lock.Close() // which also unlocks
	}
}

// allowed reports whether the template lets a parameter have this value.
func (s *Stack) allowed(parameter, text string) bool {
	return regexp.MustCompile(s.template.Parameters[parameter].AllowedPattern).MatchString(text)
}

// openData reads the template and opens the data folder, which no other stack may use.
func (s *Stack) openData(context.Context) error {
	var err error
	if s.declared, err = os.ReadFile(s.options.Template); err != nil {
		return err
	}
	if s.template, err = sam.Load(s.options.Template); err != nil {
		return err
	}
	if text := s.options.WebsiteOrigins; !s.allowed("WebsiteOrigins", text) {
		return fmt.Errorf("WEBSITE_ORIGINS is %q: it must be a list of origins such as http://localhost:3000,https://www.example.com", text)
	}
	if text := s.options.CoolingOff; !s.allowed("CoolingOff", text) {
		return fmt.Errorf("COOLING_OFF is %q: it must be a time such as 5s, 10m or 72h", text)
	}
	if text := s.options.RestoredAt; !s.allowed("RestoredAt", text) {
		return fmt.Errorf("RESTORED_AT is %q: it must be a time such as 2026-11-28T06:00:00Z", text)
	}
	if s.options.Data, err = filepath.Abs(s.options.Data); err != nil {
		return err
	}
	for _, dir := range []string{"dynamodb", "streams", "queues"} {
		if err := os.MkdirAll(filepath.Join(s.options.Data, dir), 0o700); err != nil {
			return err
		}
	}
	if s.lock, err = lock(filepath.Join(s.options.Data, "lock")); err != nil {
		return err
	}
	if s.secrets, err = openSecrets(filepath.Join(s.options.Data, "secrets.json"), s.template); err != nil {
		return err
	}
	s.failures = failures.Open(s.options.Data, func(line string) { s.options.Console.Line("failed", line) })
	if s.options.CallsFile != "" {
		s.recorder, err = calls.Open(s.options.CallsFile, logicalIDs(s.template))
	}
	return err
}

// startEngine starts the engine and creates the template's tables, under their logical ids, unless they are there.
func (s *Stack) startEngine(ctx context.Context) error {
	var err error
	if s.engine, err = engine.Start(ctx, filepath.Join(s.options.Data, "dynamodb")); err != nil {
		return err
	}
	for _, table := range s.template.Tables {
		err := engine.Create(ctx, s.engine.Client(), table, table.LogicalID)
		if errors.Is(err, engine.ErrOlder) {
			return s.olderData(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loopback listens on IPv4's loopback.
func loopback(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// start serves a handler until Close.
func (s *Stack) start(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	s.servers = append(s.servers, server)
	s.running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("the server on %s stopped: %w", l.Addr(), err)
		}
	})
}
