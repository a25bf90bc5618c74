package failures

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFault_F19_WhatIsGivenUpIsKeptAndSaid(t *testing.T) {
	dir := t.TempDir()
	var said []string
	log := Open(dir, func(line string) { said = append(said, line) })
	log.Add(Failure{Source: "FulfilRequests", Queue: "FailedEvents", Reason: "Runtime.ExitError", Attempts: 4, Records: 2, First: "1", Last: "2"})
	log.Add(Failure{Source: "PurgeSchedule", Queue: "FailedEvents", Reason: "Sandbox.Timedout", Attempts: 3})
	text, err := os.ReadFile(filepath.Join(dir, "failures.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "\n") != 2 || !strings.Contains(string(text), `"first":"1","last":"2"`) {
		t.Errorf("kept %s", text)
	}
	if len(said) != 2 || !strings.Contains(said[1], "PurgeSchedule gave up after 3 attempts") {
		t.Errorf("said %q", said)
	}
}
