package main

import (
	"strings"
	"testing"
)

// If a local stack has no report yet, the error names the command with the port of the stack.
func TestWithoutAReportItSaysHowToRunASweep(t *testing.T) {
	for port, want := range map[string]string{"": "http://localhost:8080/", "8091": "http://localhost:8091/"} {
		t.Setenv("PORT", port)
		said := (&tables{local: true}).noReport().Error()
		if !strings.Contains(said, "curl -X POST "+want+"_local/schedules/PurgeSchedule") || strings.Contains(said, "\n") {
			t.Errorf("PORT=%s: %s", port, said)
		}
	}
}
