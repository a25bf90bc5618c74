// Package engine runs a DynamoDB engine on this machine and creates the tables of template.yaml in it.
//
// The engine is dynoxide, a DynamoDB on SQLite that starts in milliseconds. If its package is missing for this platform, the engine
// is DynamoDB Local on Java. AWS_ENDPOINT_URL_DYNAMODB selects any other. Tests use the engine through enginetest, so they see what
// `make run` serves.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/process"
)

// Region is the AWS region that everything on this machine pretends to be in.
const Region = "eu-west-2"

// Engine is a running DynamoDB engine.
type Engine struct {
	Endpoint string // base URL, such as http://127.0.0.1:41234
	Kind     string // a name for people
	Control  string // URL at which it takes commands by the Model Context Protocol; "" if it takes none
	child    *process.Process
}

// Start starts an engine that keeps its data in dir, or in memory if dir is empty, and returns once the engine answers. The caller stops it.
func Start(ctx context.Context, dir string) (*Engine, error) {
	if url := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); url != "" {
		return &Engine{Endpoint: url, Kind: "the engine of AWS_ENDPOINT_URL_DYNAMODB"}, nil
	}
	return retry(ctx, func() (*Engine, error) { return start(ctx, dir) })
}

// retry makes up to three attempts, since another program may take the free port first.
func retry(ctx context.Context, attempt func() (*Engine, error)) (*Engine, error) {
	var err error
	for range 3 {
		var e *Engine
		if e, err = attempt(); err == nil || errors.Is(err, ErrNoEngine) || ctx.Err() != nil {
			return e, err
		}
	}
	return nil, err
}

// start makes one attempt on one port.
func start(ctx context.Context, dir string) (*Engine, error) {
	path := dynoxide()
	if path == "" {
		return startJava(ctx, dir)
	}
	// dynoxide is preferred, because it starts at once and listens only on loopback.
	port, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	control, err := process.FreePort()
	if err != nil {
		return nil, err
	}
	e, err := launch(ctx, dynoxideCommand(path, dir, port, control), "dynoxide", port)
	if err == nil && dir == "" {
		e.Control = "http://127.0.0.1:" + strconv.Itoa(control) + "/mcp"
	}
	return e, err
}

// launch starts the process and waits until it answers.
func launch(ctx context.Context, cmd *exec.Cmd, kind string, port int) (*Engine, error) {
	log := &tail{}
	cmd.Stdout, cmd.Stderr = log, log
	child, err := process.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", kind, err)
	}
	e := &Engine{Endpoint: "http://127.0.0.1:" + strconv.Itoa(port), Kind: kind, child: child}
	if err := e.await(ctx); err != nil {
		e.Stop()
		return nil, fmt.Errorf("%s did not answer: %w: %s", kind, err, log)
	}
	return e, nil
}

// Stop ends the engine. It asks first, but does not wait until idle connections close. Answered writes are on disk, since SQLite's
// log survives a kill.
func (e *Engine) Stop() {
	if e.child != nil {
		e.child.Stop(300 * time.Millisecond)
	}
}

// Done is closed when the engine's process has ended. It is nil, and never ready, for an engine that was started elsewhere.
func (e *Engine) Done() <-chan struct{} {
	if e.child == nil {
		return nil
	}
	return e.child.Done()
}

// Client returns a client of the engine. Its keys mean nothing outside this machine.
func (e *Engine) Client(options ...func(*dynamodb.Options)) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       Region,
		BaseEndpoint: aws.String(e.Endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	}, options...)
}

// await polls until the engine answers a DynamoDB call. Answers of another program on the port do not count.
func (e *Engine) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client := e.Client(func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 })
	for {
		_, err := client.ListTables(ctx, &dynamodb.ListTablesInput{})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-e.child.Done():
			return errors.New("it ended")
		case <-time.After(3 * time.Millisecond):
		}
	}
}
