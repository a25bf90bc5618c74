package stack

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/runtime"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// defaultConcurrency is how many processes a function without a reservation may have.
const defaultConcurrency = 10

// loadFunctions prepares every function of the template. A missing binary is an error now, and not only when a request needs it.
func (s *Stack) loadFunctions(context.Context) error {
	var err error
	if s.options.Build, err = filepath.Abs(s.options.Build); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(s.options.Data, "functions")); err != nil { // of a run that was killed
		return err
	}
	var bootstraps map[string]string
	if s.binaries.dir, bootstraps, err = s.snapshot(); err != nil {
		return err
	}
	for _, f := range s.template.Functions {
		environment, err := s.environment(f)
		if err != nil {
			return fmt.Errorf("environment of %s: %w", f.LogicalID, err)
		}
		concurrency := f.ReservedConcurrency
		if concurrency == 0 {
			concurrency = defaultConcurrency
		}
		s.functions[f.LogicalID] = runtime.New(runtime.Spec{
			Name: f.Name, Bootstrap: bootstraps[f.LogicalID], Environment: environment, Timeout: f.Timeout, MemoryMB: f.MemoryMB,
			Concurrency: concurrency, Log: func() io.Writer { return s.options.Console.Writer(f.Name) },
		})
	}
	return nil
}

// environment returns the variables of the function's process: where AWS is, the function's name, and the template's own variables.
func (s *Stack) environment(f sam.Function) ([]string, error) {
	environment := []string{
		"AWS_REGION=" + engine.Region, "AWS_DEFAULT_REGION=" + engine.Region,
		"AWS_ACCESS_KEY_ID=" + f.Name, // tells the functions apart where their calls are recorded
		"AWS_SECRET_ACCESS_KEY=" + secretKey,
		"AWS_ENDPOINT_URL_DYNAMODB=" + s.endpoints.dynamodb,
		"AWS_ENDPOINT_URL_S3=" + s.endpoints.s3,
		"AWS_ENDPOINT_URL_SESV2=" + s.endpoints.ses,
		"AWS_EC2_METADATA_DISABLED=true",
		"TMPDIR=" + os.TempDir(),
	}
	for name, value := range f.Environment {
		if strings.HasPrefix(name, "AWS_ENDPOINT_URL_") {
			continue // the template leaves it empty, because nothing needs another endpoint on AWS
		}
		text, err := s.template.Resolve(value, s.lookup)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if name == "ANNOUNCE_AT_ONCE" {
			text = "true" // whoever publishes on one machine wants to see the mails arrive
		}
		if name == "EXPORT_ORIGIN" {
			text = s.endpoints.s3 // the template's has https, and a host per bucket
		}
		environment = append(environment, name+"="+s.secret(text))
	}
	slices.Sort(environment)
	return environment, nil
}

// lookup gives the values that references have on this machine.
func (s *Stack) lookup(logicalID, attribute string) (string, bool) {
	switch logicalID {
	case "Origin":
		return s.URL, true
	case "WebsiteOrigins":
		return s.options.WebsiteOrigins, s.options.WebsiteOrigins != ""
	case "CoolingOff":
		return s.options.CoolingOff, true
	case "InboundDomain":
		return "mail.localhost", true // what receives mail always runs here
	case "RestoredAt":
		return s.options.RestoredAt, true
	case "TokenIssuer":
		return s.issuerURL(), true
	case "Grace":
		return "0s", true
	case "WriteTimeout":
		return "2s", true // nobody wants to wait for writes that only a slow network could delay
	case "AWS::Region":
		return engine.Region, true
	case "AWS::StackName":
		return "local", true
	}
	resource, ok := s.template.Resources[logicalID]
	switch {
	case !ok:
		return "", false // a parameter, which has a default
	case attribute == "" && resource.Type == "AWS::S3::Bucket":
		return bucketName(logicalID), true
	case attribute == "":
		return logicalID, true
	}
	return logicalID + "." + attribute, true
}

// parameter returns a parameter's value on this machine.
func (s *Stack) parameter(name string) string {
	if text, ok := s.lookup(name, ""); ok {
		return text
	}
	return s.template.Parameters[name].Default
}

// dynamicReference is how CloudFormation names a secret's value: {{resolve:secretsmanager:<secret>:SecretString}}.
var dynamicReference = regexp.MustCompile(`\{\{resolve:secretsmanager:([^:}]+)(:[^}]*)?\}\}`)

// secret replaces references to secrets by their values, as CloudFormation does at deployment. So no function has to fetch a secret.
func (s *Stack) secret(text string) string {
	return dynamicReference.ReplaceAllStringFunc(text, func(reference string) string {
		return s.secrets[dynamicReference.FindStringSubmatch(reference)[1]]
	})
}
