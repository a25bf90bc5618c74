package web

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// T12: a field that nobody put on the list is not written, however it is logged.
func TestThreat_T12_LogLinesHaveListedFieldsOnly(t *testing.T) {
	var out bytes.Buffer
	log := newLog(&out)
	log.Error("step failed", "error", "*errors.errorString", "item", "r#1", "email", "anna@example.org")
	log.With("address", "anna@example.org").Warn("x", slog.Group("who", "email", "anna@example.org"), "path", "/v1/consents/1")
	got := out.String()
	if !strings.Contains(got, `"error":"*errors.errorString","item":"r#1"}`) || strings.Count(got, "\n") != 2 {
		t.Errorf("what is listed: %s", got)
	}
	if strings.Contains(got, "example") || strings.Contains(got, "/v1") {
		t.Errorf("what is not listed was written: %s", got)
	}
}
