package main

// roll tells people apart as the service does (design §4): by the id that this program uses, or by the address as the service compares addresses.
type roll struct {
	people    int // so far
	byID      map[string]int
	byAddress map[string]int
	hasID     map[int]bool
}

func newRoll() roll {
	return roll{byID: map[string]int{}, byAddress: map[string]int{}, hasID: map[int]bool{}}
}

// find returns the number of the person whom a line names, and learns what the line says of them. Without an id and an address it names nobody,
// whose number is 0.
func (r *roll) find(id, address string) int {
	if who, known := r.byID[id]; known {
		return who
	}
	if id == "" && address == "" {
		return 0
	}
	who, known := r.byAddress[address]
	if !known || id != "" && r.hasID[who] { // nobody yet, or somebody with another id, who shares the address
		r.people++
		who = r.people
	}
	if address != "" && !known {
		r.byAddress[address] = who
	}
	if id != "" {
		r.byID[id], r.hasID[who] = who, true
	}
	return who
}
