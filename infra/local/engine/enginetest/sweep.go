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

// errNoSweep says that a test cannot make this engine's TTL delete at once.
var errNoSweep = errors.New("only dynoxide in memory can be told to sweep; DynamoDB Local does it by itself within 10 s")

// sweepTTL is the command, a tool call by the Model Context Protocol, because dynoxide offers no other way.
const sweepTTL = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sweep_ttl","arguments":{}}}`

// SweepTTL makes an engine's own TTL delete the expired items of every table that declares one. It returns how many items it
// deleted. The TTL uses the machine's clock, which no test can move. Unlike AWS, it also deletes items that expired more than five years ago.
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
