package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// person is the command `person <file>` of a story: PERSON is the id of the data subject by the address in the file.
func person(stores *servicetest.Stores) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		typed, err := os.ReadFile(ts.MkAbs(args[0]))
		ts.Check(err)
		address, err := subject.ParseAddress(strings.TrimSpace(string(typed)))
		ts.Check(err)
		known, _, err := stores.Addresses.Find(stores.T.Context(), address)
		ts.Check(err)
		ts.Setenv("PERSON", string(known.Subject))
	}
}

// hold is the command `hold` of a story: HOLD is the id of the one legal hold on PERSON.
func hold(stores *servicetest.Stores) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, _ []string) {
		is, _, err := stores.Subjects.State(stores.T.Context(), privacy.SubjectID(ts.Getenv("PERSON")))
		ts.Check(err)
		if len(is.Holds) != 1 {
			ts.Fatalf("%d holds", len(is.Holds))
		}
		ts.Setenv("HOLD", is.Holds[0].ID)
	}
}

// held is the command `held <act> <number>` of a story: the audit log has so many entries of an act about PERSON, each with two persons.
func held(stores *servicetest.Stores) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		count := 0
		for _, item := range stores.Scan("LedgerTable") {
			if dynamo.Text(item, "act") != args[0] || dynamo.Text(item, "about") != ts.Getenv("PERSON") {
				continue
			}
			if count++; dynamo.Text(item, "actorKind") != "operator" || dynamo.Text(item, "actor") != operator().ID || dynamo.Text(item, "second") != "maria" {
				ts.Fatalf("an entry by %s %s and %q", dynamo.Text(item, "actorKind"), dynamo.Text(item, "actor"), dynamo.Text(item, "second"))
			}
		}
		if strconv.Itoa(count) != args[1] {
			ts.Fatalf("%d entries", count)
		}
	}
}
