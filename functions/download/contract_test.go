package main

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestMain(m *testing.M) { os.Exit(openapitest.Main(m, "download")) }

// busy is a register in which the file always moves first.
type busy struct{ request.Register }

func (busy) Save(context.Context, string, request.Change) error { return request.ErrChanged }

func TestRefusalsOfTheRoute(t *testing.T) {
	s := newShop(t)
	openapitest.Refusals(t, s, "POST", "/v1/downloads", 64<<10)
	s.Handler = openapitest.Wrap(t, routes(handler{register: busy{s.store}, tokens: s.key, now: time.Now}, "http://localhost:8080"))
	if status, answer := s.download(s.export.ID(), s.token); status != http.StatusConflict {
		t.Errorf("at every try somebody was faster: %d %v", status, answer)
	}
}
