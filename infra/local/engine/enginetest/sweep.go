package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
)

// errNoSweep says that TTL cannot be hurried here.
var errNoSweep = errors.New("only dynoxide in memory can be told to sweep; DynamoDB Local does it by itself within 10 s")

// sweepTTL is the order, a call of a tool by the Model Context Protocol: dynoxide has no other way to it.
const sweepTTL = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sweep_ttl","arguments":{}}}`

// SweepTTL lets the TTL of an engine itself delete what has expired, in every table that declares one, and returns how many items it deleted.
// It goes by the machine's clock, which nobody can move for it. Unlike AWS it also deletes what expired over five years ago.
func SweepTTL(ctx context.Context, e *engine.Engine) (int, error) {
	if e.Control == "" {
		return 0, errNoSweep
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.Control, strings.NewReader(sweepTTL))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json, text/event-stream")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Result struct {
			Content []struct{ Text string }
			IsError bool
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, fmt.Errorf("the answer to sweep_ttl (%s): %w", response.Status, err)
	}
	var swept struct {
		Items *int `json:"items_deleted"`
	}
	if r := answer.Result; r.IsError || len(r.Content) != 1 || json.Unmarshal([]byte(r.Content[0].Text), &swept) != nil || swept.Items == nil {
		return 0, fmt.Errorf("sweep_ttl answered %+v", r)
	}
	return *swept.Items, nil
}
