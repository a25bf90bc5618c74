package awsenv

import (
	"io"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// client is the SDK's HTTP client with a repair. When an answer comes back quickly, the SDK closes the body of its request while net/http may
// still look for the body's end. The closed body reports its end as an error, but only in WriteTo, and net/http then cuts the connection in the
// middle of the answer (aws-sdk-go-v2 issues 1825 and 2737). The SDK would call again, and so mail somebody twice (fault F04).
type client struct {
	inner interface {
		Do(*http.Request) (*http.Response, error)
	}
}

func newClient() client { return client{awshttp.NewBuildableClient()} }

// Do sends the request with a body that can only be read.
func (c client) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.inner.Do(r)
}
