package enginetest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/late"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// server is an engine. late is the proxy that makes its reads late, or nil without one.
type server struct {
	*engine.Engine
	late *late.Proxy
}

// variant is one way in which the tests of a store are run.
type variant struct {
	name     string
	start    func() (server, error) // one engine for all tests of a process: it lives in memory and dies with the process
	ttlFirst bool                   // DynamoDB's TTL deletes expired items before our code does; if false, it never deletes
}

var plain = sync.OnceValues(func() (server, error) {
	e, err := engine.Start(context.Background(), "")
	return server{Engine: e}, err
})

// lagging is the same engine behind late.Proxy.
var lagging = variant{"reads five seconds late", sync.OnceValues(func() (server, error) {
	e, err := plain()
	if err != nil {
		return server{}, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return server{}, err
	}
	proxy := late.New(e.Endpoint)
	go func() { _ = (&http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute}).Serve(listener) }()
	return server{&engine.Engine{Endpoint: "http://" + listener.Addr().String(), Kind: e.Kind}, proxy}, nil
}), false}

var java = variant{"DynamoDB Local", sync.OnceValues(func() (server, error) {
	e, err := engine.StartDynamoDBLocal(context.Background(), "")
	return server{Engine: e}, err
}), false}

// javaHere reports whether tests run on DynamoDB Local: it is installed, or CI=true, which installs it.
func javaHere() bool {
	_, err := os.Stat(filepath.Join(engine.Root(), ".local/dynamodb-local/lib"))
	return err == nil || os.Getenv("CI") == "true"
}

var (
	ttlNever = variant{"TTL never", plain, false}
	ttlFirst = variant{"TTL first", plain, true}
)

// running is the variant on which the tests run now.
var running = ttlNever

// BothTTLs runs a test of retention twice: in one run TTL never deletes, in the other it deletes before our code does. Tests that
// use BothTTLs or EachEngine do not run in parallel.
func BothTTLs(t *testing.T, test func(t *testing.T)) {
	before := running
	defer func() { running = before }()
	for _, running = range []variant{ttlNever, ttlFirst} {
		t.Run(running.name, test)
	}
}

// lateTTL is the engine at its least obliging: its TTL deletes first, and its reads are late.
var lateTTL = variant{"TTL first, reads five seconds late", lagging.start, true}

// EachEngine runs a package's tests as one conformance suite: on this machine's engine with a TTL that never deletes, on the same with a TTL
// that deletes first and with late reads (fault F14), and on DynamoDB Local. If DynamoDB Local is not installed, the suite skips it
// and says so in one line; CI=true installs it. Short tests (-short) run once, and so do whole sweeps: `make test` runs a sample of them on each variant.
func EachEngine(m *testing.M) int {
	code := m.Run()
	if testing.Short() || soak.Whole() || code != 0 {
		return code
	}
	variants := []variant{lateTTL}
	if javaHere() {
		variants = append(variants, java)
	} else {
		fmt.Println("DynamoDB Local is not downloaded: these tests did not run on it")
	}
	for _, running = range variants {
		fmt.Println("= " + running.name)
		if code := m.Run(); code != 0 {
			return code
		}
	}
	return 0
}
