package process

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports from firstPort to lastPort are ones that systems do not hand out by themselves: Linux does so from 32768, others from 49152.
const firstPort, lastPort = 10240, 32767

// FreePort returns a port of loopback that nobody listens on now, for a child that cannot be told to choose one itself.
//
// Another program could take the port before the child does. That is unlikely: the system never gives this port to a program that asks for
// any port, and a call goes out from none of them.
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
