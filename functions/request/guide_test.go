package main

import (
	"net/http"
	"os"
	"regexp"
	"testing"
)

// The request that the deployment guide files is accepted.
func TestTheRequestOfTheGuideIsFiled(t *testing.T) {
	guide, err := os.ReadFile("../../infra/README.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`curl -s -i "https://\$host(/v1/requests)" [^\n]+ -d '(.+)'\n`).FindSubmatch(guide)
	if command == nil {
		t.Fatal("the guide files no request")
	}
	if w := newRig(t).send("POST", string(command[1]), string(command[2]), "192.0.2.1"); w.Code != http.StatusAccepted {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
