// Command probe is a Lambda function that does what its event says, good or bad.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// event says what to do; any other event is answered with itself.
type event struct {
	Do    string `json:"do"`
	Value string `json:"value"`
}

// handle does it.
func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	switch e.Do {
	case "sleep":
		pause, err := time.ParseDuration(e.Value)
		time.Sleep(pause)
		return os.Getpid(), err
	case "hang": // and says in a file that it has begun
		if err := os.WriteFile(e.Value, nil, 0o600); err != nil {
			return nil, err
		}
		time.Sleep(time.Minute)
		return nil, errors.New("nobody ended it")
	case "exit":
		os.Exit(3)
	case "error":
		return nil, errors.New(e.Value)
	case "big":
		return strings.Repeat("x", 7<<20), nil
	case "env":
		return os.Getenv(e.Value), nil
	case "deadline":
		deadline, _ := ctx.Deadline()
		return time.Until(deadline).Milliseconds(), nil
	case "answer":
		return json.RawMessage(e.Value), nil
	}
	return raw, nil
}

func main() { lambda.Start(handle) }
