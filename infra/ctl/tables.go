package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/ledger"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// tables opens the tables that a command reads, on AWS or in the local stack.
type tables struct {
	local bool
	now   func() time.Time
}

// whereTables ends the help of a command that reads tables.
const whereTables = `

On AWS, the command reads these environment variables: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN (for a profile: eval "$(aws configure export-credentials --format env)"), and %s, the name of
the table. That name is the output %s of the stack. With --local, the command reads the stack that make run
started on PORT.`

// read adds to a command that reads a table its flag and the end of its help.
func (t *tables) read(cmd *cobra.Command, variable, output string) {
	cmd.Long += fmt.Sprintf(whereTables, variable, output)
	cmd.Flags().BoolVar(&t.local, "local", false, "read the local stack (set PORT and DATA as for make run)")
}

func (t *tables) ledger() (*ledger.Store, error) {
	name, err := t.name("LEDGER_TABLE", "LedgerTable")
	if err != nil {
		return nil, err
	}
	return &ledger.Store{Client: dynamo.Open(), Table: name, Policy: policy.InForce, Now: t.now}, nil
}

func (t *tables) requests() (*requests.Store, error) {
	name, err := t.name("REQUESTS_TABLE", "RequestsTable")
	if err != nil {
		return nil, err
	}
	return &requests.Store{Client: dynamo.Open(), Table: name, Terms: policy.TermsOf, Now: t.now}, nil
}

// identities opens aliases and the states of data subjects. Without the name of the ledger, they can only be read.
func (t *tables) identities(subjects, ledger string) *identities.Store {
	return identities.New(dynamo.Open(), identities.Tables{Subjects: subjects, Ledger: ledger}, t.now)
}

// aliasKey returns the secret under which addresses and ids are stored. Only functions have it otherwise.
func (t *tables) aliasKey() (subject.Key, error) {
	if !t.local {
		key := os.Getenv("ALIAS_KEY")
		if key == "" {
			return nil, errors.New("ALIAS_KEY is not set: set it to the value of the secret AliasSecret, or use --local")
		}
		return subject.Key(key), nil
	}
	text, err := os.ReadFile(filepath.Join(localData(), "secrets.json"))
	if err != nil {
		return nil, errNoStack
	}
	var secrets map[string]string
	if err := json.Unmarshal(text, &secrets); err != nil || secrets["AliasSecret"] == "" {
		return nil, errors.New("the secrets of the local stack cannot be read")
	}
	return subject.Key(secrets["AliasSecret"]), nil
}

// name returns the table's name. For the local stack it returns the logical id, and points the environment at that stack.
func (t *tables) name(variable, logicalID string) (string, error) {
	if t.local {
		return logicalID, useLocal()
	}
	name := os.Getenv(variable)
	if name == "" {
		return "", fmt.Errorf("%s is not set: set it to the name of the table, or use --local", variable)
	}
	return name, nil
}

// command returns the command line of a command about a request or a campaign, for the same tables.
func (t *tables) command(name, id string) string { return t.flags("ctl " + name + " " + id) }

// flags returns a command line with the flag that chooses the same tables.
func (t *tables) flags(command string) string {
	if t.local {
		command += " --local"
	}
	return command
}

var errNoStack = errors.New("no local stack runs here: start one with `make run`, or set PORT and DATA to those of the stack to read")

// localData returns the data folder of the stack of `make run`.
func localData() string {
	if data := os.Getenv("DATA"); data != "" {
		return data
	}
	data := filepath.Join(engine.Root(), ".local", "data")
	if port := localPort(); port != "8080" {
		data += "-" + port
	}
	return data
}

// useLocal points this process at the stack of `make run`.
func useLocal() error {
	text, err := os.ReadFile(filepath.Join(localData(), "endpoints.json"))
	if err != nil {
		return errNoStack
	}
	var endpoints map[string]string
	if err := json.Unmarshal(text, &endpoints); err != nil {
		return fmt.Errorf("read the endpoints of the local stack: %w", err)
	}
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": endpoints["dynamodb"], "AWS_ENDPOINT_URL_SESV2": endpoints["sesv2"], "AWS_REGION": engine.Region,
		"AWS_ACCESS_KEY_ID": "ctl", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": ""} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}
