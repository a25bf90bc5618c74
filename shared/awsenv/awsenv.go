// Package awsenv configures AWS clients from the environment variables that Lambda sets.
package awsenv

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config returns the configuration of a client for one service. The service is named as in the SDK's variables: DYNAMODB, S3,
// SESV2. The configuration has the region, the credentials of the function's session, and the service's own endpoint if
// AWS_ENDPOINT_URL_<service> names one. Everything else is the SDK's default, with a repaired HTTP client. Config reads no file and calls no service. The SDK's
// own loader does, which would add about a millisecond to a cold start.
func Config(service string) aws.Config {
	cfg := aws.Config{
		Region: os.Getenv("AWS_REGION"),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
		HTTPClient: newClient(),
	}
	if endpoint := Endpoint(service); endpoint != "" {
		cfg.BaseEndpoint = aws.String(endpoint)
	}
	return cfg
}

// Endpoint returns the endpoint that the environment sets for the service, or "" on AWS.
func Endpoint(service string) string { return os.Getenv("AWS_ENDPOINT_URL_" + service) }
