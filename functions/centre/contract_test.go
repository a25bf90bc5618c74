package main

import (
	"os"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
)

func TestMain(m *testing.M) { os.Exit(openapitest.Main(m, "centre")) }
