package main

import (
	"context"
	"net/http"
	"os"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestMain(m *testing.M) { os.Exit(openapitest.Main(m, "download")) }

// busy is a register in which another writer always changes the request first.
type busy struct{ request.Register }

func (busy) Save(_ context.Context, file request.File, _ ...request.Item) (request.File, error) {
	return file, request.ErrChanged
}

func TestRefusalsOfTheRoute(t *testing.T) {
	s := newRig(t)
	openapitest.Refusals(t, s, "POST", "/v1/downloads", 64<<10)
	s.Handler = openapitest.Wrap(t, routes(handler{register: busy{s.Requests}, tokens: servicetest.Tokens, now: s.Clock.Now}, servicetest.Origin))
	if status, answer := s.download(s.export.ID(), s.token); status != http.StatusConflict {
		t.Errorf("every try loses a race: %d %v", status, answer)
	}
}
