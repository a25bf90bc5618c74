// Package awsenv configures clients of AWS from the environment that Lambda sets.
package awsenv

import (
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config returns the configuration of a client of one service, which is called as the SDK calls it in its variables: DYNAMODB, S3, SESV2.
// It has the region, the credentials of the function's session, and the service's own endpoint where AWS_ENDPOINT_URL_<service> names one.
// All else is the SDK's default. It reads no file and asks no service, unlike the SDK's own loader, which would cost a function's
// start about a millisecond.
func Config(service string) aws.Config {
	cfg := aws.Config{
		Region: os.Getenv("AWS_REGION"),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN")),
	}
	if endpoint := Endpoint(service); endpoint != "" {
		cfg.BaseEndpoint = aws.String(endpoint)
	}
	return cfg
}

// Endpoint returns the service's own endpoint, or "" on AWS.
func Endpoint(service string) string { return os.Getenv("AWS_ENDPOINT_URL_" + service) }
