package process

import (
	"os/exec"
	"testing"
	"time"
)

func TestKillEndsTheGroup(t *testing.T) {
	p, err := Start(exec.Command("sh", "-c", "sleep 100 & wait"))
	if err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if p.Err() == nil {
		t.Error("a killed child reported success")
	}
}

func TestStopKillsAChildThatDoesNotListen(t *testing.T) {
	p, err := Start(exec.Command("sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	p.Stop(50 * time.Millisecond)
	p.Stop(0) // a second time does nothing
}

func TestStartReportsAMissingProgram(t *testing.T) {
	if _, err := Start(exec.Command("/no/such/program")); err == nil {
		t.Error("no error")
	}
}
