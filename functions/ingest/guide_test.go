package main

import (
	"os"
	"regexp"
	"testing"
	"time"
)

// The record that the deployment guide sends is stored, and the answer is the one in the guide.
func TestTheRecordOfTheGuideIsStored(t *testing.T) {
	guide, err := os.ReadFile("../../infra/README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`curl -s -X PUT "https://\$host(/v1/records/[^"]+)" -H "authorization[^\n]+\n +-d '(.+)'\n`).FindSubmatch(guide)
	answered := regexp.MustCompile("\\| \\[the record below\\][^|]+\\| `([^`]+)` \\|").FindSubmatch(guide)
	if command == nil || answered == nil {
		t.Fatal("the guide sends no record")
	}
	s := newRig(t)
	now := regexp.MustCompile(`'"\$\(date -u [^)]+\)"'`).ReplaceAllString(string(command[2]), s.Clock.Now().Format(time.RFC3339))
	code, answer := s.call(t, "PUT", string(command[1]), "application/json", now)
	if code != 200 || !regexp.MustCompile(regexp.QuoteMeta(string(answered[1]))).MatchString(answer) {
		t.Errorf("%s: %d %s", now, code, answer)
	}
}
