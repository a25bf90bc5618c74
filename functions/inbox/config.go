package main

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/links"
)

// config is the function's environment, which template.yaml sets.
type config struct {
	Requests string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Bucket   string       `env:"INBOUND_BUCKET,required,notEmpty"`
	Origin   links.Origin `env:"ORIGIN,required,notEmpty"`
	Stack    string       `env:"STACK,required,notEmpty"`
}

// open returns the handler.
func (c config) open(now func() time.Time) handler { return handler{now: now} }
