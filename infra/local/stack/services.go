package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/helpdeskexpert/privacy/infra/local/oauth"
	"github.com/helpdeskexpert/privacy/infra/local/objects"
	"github.com/helpdeskexpert/privacy/infra/local/queues"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
)

// secretKey is the secret of every access key on this machine. Signatures are checked, so that presigned URLs expire as on AWS. The
// key itself protects nothing, because everything listens on loopback. SAM CLI gives this key to functions if the machine has no
// credentials of its own.
const secretKey = "defaultsecret"

// listen takes the gateway's port first, so that everything else knows the origin.
func (s *Stack) listen(context.Context) error {
	listeners, err := s.listener(s.options.Port)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("port %d is taken: stop the program that uses it, or choose another port with PORT", s.options.Port)
	} else if err != nil {
		return err
	}
	port := listeners[0].Addr().(*net.TCPAddr).Port
	s.URL = "http://localhost:" + strconv.Itoa(port)
	gate := &deferred{ready: make(chan struct{})}
	s.options.Port = port
	for _, l := range listeners {
		s.start(l, gate)
	}
	// A browser may try IPv6 first. It does not matter if the machine has no IPv6.
	if six, err := net.Listen("tcp", net.JoinHostPort("::1", strconv.Itoa(port))); err == nil {
		s.start(six, gate)
	}
	s.gate = gate
	return nil
}

// deferred makes requests wait until the handler exists.
type deferred struct {
	ready   chan struct{}
	handler http.Handler
}

// ServeHTTP waits for the handler as long as the client does.
func (d *deferred) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case <-d.ready:
		d.handler.ServeHTTP(w, r)
	case <-r.Context().Done():
	}
}

// open lets the requests through.
func (d *deferred) open(h http.Handler) {
	d.handler = h
	close(d.ready)
}

// startServices starts the stand-ins for AWS, each on a port of its own.
func (s *Stack) startServices(context.Context) error {
	var err error
	if s.mailbox, err = ses.OpenMailbox(s.options.Data); err != nil {
		return err
	}
	if s.issuer, err = oauth.Open(s.options.Data, s.issuerURL(), s.parameter("TokenAudience"), s.options.Now); err != nil {
		return err
	}
	if err := s.openQueues(); err != nil {
		return err
	}
	var buckets []string
	for _, bucket := range s.template.Buckets {
		buckets = append(buckets, bucketName(bucket.LogicalID))
	}
	store, err := objects.Handler(objects.Options{
		Dir: s.objects(), Buckets: buckets, Origins: []string{s.URL}, Secret: secretKey})
	if err != nil {
		return err
	}
	s.account = ses.Open(ses.Options{Keep: s.mailbox.Keep, Sender: s.parameter("MailFrom"), Now: s.options.Now, Sink: s.report})
	mail := http.Handler(s.account)
	if s.endpoints.dynamodb, err = s.engineEndpoint(); err != nil {
		return err
	}
	if err := s.openReceiving(); err != nil {
		return err
	}
	if s.recorder != nil {
		store, mail = s.recorder.S3(store), s.recorder.SES(mail)
	}
	if s.endpoints.s3, err = s.service(store); err != nil {
		return err
	}
	if s.endpoints.ses, err = s.service(mail); err != nil {
		return err
	}
	return s.writeEndpoints()
}

// openQueues opens each queue that a function reads. Dead letters have no queue of their own here: they are shown as failures.
func (s *Stack) openQueues() error {
	for _, f := range s.template.Functions {
		for _, source := range f.Sources {
			spec, ok := s.template.Queue(source.Queue)
			if !ok {
				return fmt.Errorf("%s: template.yaml has no queue %s", source.LogicalID, source.Queue)
			}
			queue, err := queues.Open(spec, filepath.Join(s.options.Data, "queues"), s.options.Now, s.failures)
			if err != nil {
				return err
			}
			s.queues[source.Queue] = queue
		}
	}
	return nil
}

// objects is the folder of the buckets.
func (s *Stack) objects() string { return filepath.Join(s.options.Data, "objects") }

// openReceiving prepares what SES does with a mail that it receives, by the receipt rule of the template.
func (s *Stack) openReceiving() error {
	in, ok := s.template.Inbound()
	queue := s.queues[in.Queue]
	if !ok || queue == nil {
		return errors.New("template.yaml has no receipt rule whose topic leads to a function")
	}
	address, err := s.template.Resolve(in.Recipient, s.lookup)
	if err != nil {
		return err
	}
	bucket := bucketName(in.Bucket)
	s.receiving = ses.Receiving{
		Address: address, Privacy: s.parameter("MailFrom"), Bucket: bucket, Prefix: in.Prefix, Topic: in.Topic, Box: s.mailbox, Inbox: "/_local", Now: s.options.Now,
		Store:  func(key string, message []byte) error { return objects.Put(s.objects(), bucket, key, message) },
		Notify: queue.Send,
	}
	return nil
}

// report takes in what the stand-in for SES reports about a mail.
func (s *Stack) report(event []byte) {
	if err := s.enqueue(event); err != nil {
		s.options.Console.Line("failed", "a report about a mail was not kept: "+err.Error())
	}
}

// enqueue puts a report about a mail into the queue that the template names for it, if it names one.
func (s *Stack) enqueue(event []byte) error {
	queue, ok := s.queues[s.template.MailReports()]
	if !ok {
		return nil
	}
	return queue.Send(event)
}

// writeEndpoints tells other programs, such as the operator's command line, where this run's stand-ins are.
func (s *Stack) writeEndpoints() error {
	text, err := json.Marshal(map[string]string{"dynamodb": s.engine.Endpoint, "s3": s.endpoints.s3, "sesv2": s.endpoints.ses})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.options.Data, "endpoints.json"), text, 0o600)
}

// service serves a handler on a free port and returns its URL.
func (s *Stack) service(h http.Handler) (string, error) {
	listeners, err := s.listener(0)
	if err != nil {
		return "", err
	}
	for _, l := range listeners {
		s.start(l, h)
	}
	return "http://" + listeners[0].Addr().String(), nil
}

// bucketName is the name of a bucket here: names of buckets have no capitals.
func bucketName(logicalID string) string { return strings.ToLower(logicalID) }
