package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/infra/local/console"
	"github.com/helpdeskexpert/privacy/infra/local/stack"
)

// standardPort is the port whose data folder has no number in its name.
const standardPort = 8080

// config is read from the environment.
type config struct {
	Port        int    `env:"PORT" envDefault:"8080"`          // where the service answers, on loopback
	Data        string `env:"DATA"`                            // folder for all data; by default one per port below .local
	Streams     string `env:"STREAMS"`                         // "off": the streams deliver nothing, so only the schedules start work
	Websites    string `env:"WEBSITE_ORIGINS"`                 // the template's parameter WebsiteOrigins; empty for its default
	CoolingOff  string `env:"COOLING_OFF"`                     // the template's parameter CoolingOff; empty for the policy's hours
	RestoredAt  string `env:"RESTORED_AT"`                     // the template's parameter RestoredAt; empty if the data was never restored
	SAM         bool   `env:"SAM"`                             // SAM CLI serves the routes, in containers
	SAMArgs     string `env:"SAM_ARGS"`                        // more arguments of `sam local start-api`
	RecordCalls bool   `env:"RECORD_CALLS"`                    // write every AWS call of a function to calls.jsonl in the data folder
	Build       string `env:"BUILD" envDefault:".local/build"` // folder with <function>/bootstrap
}

// explained turns an error into one that names the invalid variable and says what it must be.
func explained(err error) error {
	var wrong env.ParseError
	if !errors.As(err, &wrong) {
		return err
	}
	field, _ := reflect.TypeFor[config]().FieldByName(wrong.Name)
	must := "a number"
	if wrong.Type.Kind() == reflect.Bool {
		must = "true or false"
	}
	return fmt.Errorf("%s must be %s", field.Tag.Get("env"), must)
}

// data returns the data folder. Two stacks on different ports never share one.
func (c config) data() string {
	switch {
	case c.Data != "":
		return c.Data
	case c.Port != standardPort:
		return fmt.Sprintf(".local/data-%d", c.Port)
	}
	return ".local/data"
}

// options turns the configuration into the stack's options.
func (c config) options(output *console.Console) stack.Options {
	o := stack.Options{Port: c.Port, Data: c.data(), Build: c.Build, Template: "template.yaml",
		NoStreams: c.Streams == "off", WebsiteOrigins: c.Websites, CoolingOff: c.CoolingOff, RestoredAt: c.RestoredAt, Console: output, Now: time.Now}
	if c.RecordCalls {
		o.CallsFile = filepath.Join(c.data(), "calls.jsonl")
	}
	return o
}

// banner lists the addresses of the pages.
func banner(url, data string) string {
	return fmt.Sprintf(`
  HelpDesk Expert Privacy runs on this machine.

    Start here   %[1]s/_local/       the main job, step by step
    Policy       %[1]s/              the page that people read
    Request      %[1]s/request       the form for a rights request
    Inbox        %[1]s/_local/mail   every mail that the service sent
    API          %[1]s/v1/openapi.json

    The data is in %[2]s. Press Ctrl-C to stop everything.

`, url, data)
}
