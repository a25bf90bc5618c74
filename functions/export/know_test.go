package main

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// H08, T04: on real tables, the statement of a customer is sealed without one read, and it is the same as that of somebody whom nobody knows, but for
// the number of the request.
func TestPromise_H08_TheStatementOfACustomer(t *testing.T) {
	r := newRig(t)
	r.customer("anna")
	filing := request.Filing{Right: privacy.Know, Scope: privacy.ByCategory, Email: "anna@example.org", Details: "anna asks"}
	known := r.Load(r.confirmed(filing))
	filing.Email = "nobody@example.org"
	unknown := r.Load(r.confirmed(filing))
	r.Wire.Through = func(*enginetest.Call) (*http.Response, error) { return nil, errors.New("read") }
	defer func() { r.Wire.Through = nil }()
	one, other := r.unpacked(known), r.unpacked(unknown)
	if len(one) != 3 || !bytes.Equal(one["processing.json"], other["processing.json"]) {
		t.Errorf("%d files", len(one))
	}
	page := bytes.ReplaceAll(one["index.html"], []byte(known.Request.ID), []byte(unknown.Request.ID))
	if !bytes.Equal(page, other["index.html"]) {
		t.Error("the pages differ by more than the number of the request")
	}
	for name, content := range one {
		if bytes.Contains(bytes.ToLower(content), []byte("anna")) {
			t.Errorf("%s names the customer", name)
		}
	}
}
