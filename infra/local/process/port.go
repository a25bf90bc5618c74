package process

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// firstPort and lastPort limit the ports to those that systems never choose themselves: Linux chooses from 32768, others from 49152.
const firstPort, lastPort = 10240, 32767

// FreePort returns a loopback port on which nobody listens now, for a child that cannot choose one itself.
//
// Another program could take the port before the child does. That is unlikely, because the system gives such a port neither to a
// program that asks for any port nor to an outgoing connection.
func FreePort() (int, error) {
	var err error
	for range 20 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		var listener net.Listener
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, errors.Join(errors.New("no free port"), err)
}
