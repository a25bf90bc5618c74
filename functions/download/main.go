// Command download exchanges the token of an export's link for a URL that downloads the sealed bundle.
package main

import (
	"log"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/objects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type config struct {
	Table    string       `env:"REQUESTS_TABLE,required,notEmpty"`
	Bucket   string       `env:"EXPORT_BUCKET,required,notEmpty"`
	TokenKey subject.Keys `env:"TOKEN_KEY,required,notEmpty"`
	Origin   string       `env:"ORIGIN,required,notEmpty"`
	Websites []string     `env:"WEBSITE_ORIGINS"` // the websites whose pages may call, besides our own
}

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.Start(routes(handler{
		register: &requests.Store{Client: dynamo.Open(), Table: c.Table, Terms: policy.TermsOf, Now: time.Now},
		bucket:   objects.Open(c.Bucket, time.Now), tokens: c.TokenKey.Current(), now: time.Now,
	}, append(c.Websites, c.Origin)...))
}
