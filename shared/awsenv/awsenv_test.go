package awsenv_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/helpdeskexpert/privacy/shared/awsenv"
)

// The keys of a function's role work only together with the token of its session.
func TestConfigIsWhatLambdaSets(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-2", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9000", "AWS_ENDPOINT_URL_SESV2": "", // as template.yaml sets them on AWS
	} {
		t.Setenv(name, value)
	}
	cfg := awsenv.Config("S3")
	got, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "id" || got.SecretAccessKey != "secret" || got.SessionToken != "token" {
		t.Errorf("credentials %+v, %v", got, err)
	}
	if cfg.Region != "eu-west-2" || aws.ToString(cfg.BaseEndpoint) != "http://127.0.0.1:9000" {
		t.Errorf("region %q, endpoint %q", cfg.Region, aws.ToString(cfg.BaseEndpoint))
	}
	if cfg := awsenv.Config("SESV2"); cfg.BaseEndpoint != nil {
		t.Errorf("an endpoint of its own on AWS: %q", *cfg.BaseEndpoint)
	}
}
