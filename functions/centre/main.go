// Command centre serves the pages of the privacy centre. It opens no AWS client, because the pages' scripts fetch what they need.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Origin       string `env:"ORIGIN,required,notEmpty"`
	ExportOrigin string `env:"EXPORT_ORIGIN,required,notEmpty"` // scheme://host[:port] of the presigned URLs
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	site, err := pages.NewSite(pages.Compiled())
	if err != nil {
		log.Fatal(err)
	}
	web.Start(routes(site, time.Now, c.Origin, c.ExportOrigin))
}
