// Command policy serves the policy as data and what machines read about the service, and answers every path and
// method that no other function takes.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Origin string `env:"ORIGIN,required,notEmpty"`
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.Start(routes(c.Origin, time.Now))
}
