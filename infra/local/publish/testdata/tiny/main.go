// Command tiny is a Lambda function that serves a list of policy versions. The list is what stands behind the bytes of its binary, so that the
// test can build a new version of it without a compiler.
package main

import (
	"bytes"
	"context"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	path, err := os.Executable()
	if err != nil {
		panic(err)
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	list := binary[bytes.LastIndex(binary, []byte("\n["))+1:]
	lambda.Start(func(_ context.Context, call events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		time.Sleep(5 * time.Millisecond)
		if file := call.Headers["x-until"]; file != "" { // it says in a file that it has begun, and ends when that file is gone
			err := os.WriteFile(file, nil, 0o600)
			for ; err == nil; _, err = os.Stat(file) {
				time.Sleep(5 * time.Millisecond)
			}
		}
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"content-type": "application/json"}, Body: string(list)}, nil
	})
}
