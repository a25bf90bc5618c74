package main

import (
	"os"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

func TestMain(m *testing.M) {
	os.Exit(browsertest.Main(func() int { return openapitest.Main(m, "centre") }))
}
