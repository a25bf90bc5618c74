// Package tour takes the pictures of README's tour from a running service that holds no data yet. In one terminal
//
//	DATA=$(mktemp -d) make run COOLING_OFF=5s
//
// and in another
//
//	TOUR=http://localhost:8080 go test -count=1 ./infra/tour
//
// It sends in one invented person's records, asks for their data and has them deleted, as that person would, and takes a picture at each step. It takes about three minutes.
//
// One picture is not among them: the letter about a change of the policy, because no letter leaves before a change is published. It comes from
// a second service, with invented people and an example of a change, in a copy of the repository (the other pictures would show the example
// too). Run there, the service in a terminal of its own:
//
//	DATA=$(mktemp -d) make run
//	make seed N=20
//	make publish EXAMPLE=true
//	NOTICE=http://localhost:8080 go test -count=1 -run Notice ./infra/tour
//
// and copy notice.png and notice-phone.png back. Without TOUR and NOTICE the tests only look at the pictures that are there.
package tour
