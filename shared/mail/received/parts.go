package received

import (
	"bytes"
	"strings"
)

// part is a part of a mail: the mail itself, or what stands between two boundaries.
type part struct {
	header
	kind     string            // media type in lower case, such as text/plain; "" if the mail does not tell
	params   map[string]string // of the media type
	attached bool              // the header calls it an attachment
	file     bool              // it has the name of a file
	body     []byte            // what follows the header, still encoded; of a multipart what comes before its first boundary
	parts    []*part
	closed   bool // not opened: its parts are nested too deep, or have no boundary
}

// message is the structure of a mail.
type message struct {
	root  *part
	last  *part // the part in which the mail ends; nil if it ends after the last boundary
	first *part // the first part that has no parts
	over  bool  // the mail has more parts, or deeper ones, than are read
}

// maxBoundary is the most bytes of a boundary that is looked for. RFC 2046 allows 70.
const maxBoundary = 200

// split reads the parts of a mail in one pass over its lines. It goes no deeper by calling itself, and finds the boundary of a line in a map,
// so that neither nesting nor the number of boundaries makes it slow.
func split(data []byte) *message {
	s := splitter{message: &message{}}
	s.root, s.rest = s.begin(data)
	s.run()
	if s.root.multipart() && len(s.root.parts) == 0 {
		s.guess()
	}
	return s.message
}

type splitter struct {
	*message
	open       []*part        // the multiparts that have begun and not ended, from the outermost
	boundaries map[string]int // how many of them have a boundary
	count      int
	rest       []byte // what is not read yet
}

// begin reads the header of a part.
func (s *splitter) begin(data []byte) (*part, []byte) {
	s.count++
	p := &part{}
	p.header, data = readHeader(data, s.atBoundary)
	p.describe()
	boundary := p.params["boundary"]
	switch {
	case !p.multipart():
		if s.first == nil {
			s.first = p
		}
	case boundary == "" || len(boundary) > maxBoundary:
		p.closed = true
	case len(s.open) == maxDepth:
		p.closed, s.over = true, true
	default:
		s.enter(p)
	}
	return p, data
}

func (s *splitter) enter(p *part) {
	if s.boundaries == nil {
		s.boundaries = map[string]int{}
	}
	s.open = append(s.open, p)
	s.boundaries[p.params["boundary"]]++
}

// run reads parts until the mail or a bound ends.
func (s *splitter) run() {
	p := s.root
	start := s.rest // of the part p, or of what follows a closing boundary if p is nil
	for len(s.rest) > 0 {
		at := s.rest
		line, rest := cutLine(s.rest)
		s.rest = rest
		level, end, found := s.boundary(line)
		if !found {
			continue
		}
		if p != nil {
			p.body = before(start, at)
		}
		s.leave(level)
		if end {
			s.leave(level - 1)
			p = nil
			continue
		}
		if s.count == maxParts {
			s.over = true
			return
		}
		parent := s.open[level]
		p, start = s.begin(rest)
		parent.parts = append(parent.parts, p)
		s.rest = start
	}
	if s.last = p; p != nil {
		p.body = start
	}
}

// before returns what lies between start and at, two ends of the same text, without the end of the last line, which belongs to the boundary.
func before(start, at []byte) []byte {
	body := start[:max(0, len(start)-len(at))]
	return bytes.TrimSuffix(bytes.TrimSuffix(body, []byte{'\n'}), []byte{'\r'})
}

// boundary tells whether a line is the boundary of an open multipart, of which one, and whether it closes it. The boundary has to be the
// whole line, because one boundary can be the beginning of another one.
func (s *splitter) boundary(line []byte) (level int, end, found bool) {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' || len(line) > 2*maxBoundary {
		return 0, false, false
	}
	name := strings.TrimRight(string(line[2:]), " \t")
	if s.boundaries[name] == 0 {
		name, end = strings.CutSuffix(name, "--")
		if !end || s.boundaries[name] == 0 {
			return 0, false, false
		}
	}
	for level = len(s.open) - 1; s.open[level].params["boundary"] != name; level-- {
	}
	return level, end, true
}

func (s *splitter) atBoundary(line []byte) bool {
	_, _, found := s.boundary(line)
	return found
}

// leave ends the multiparts above a level: the boundary of an outer one ends the inner ones too.
func (s *splitter) leave(level int) {
	for _, p := range s.open[level+1:] {
		s.boundaries[p.params["boundary"]]--
	}
	s.open = s.open[:level+1]
}

// guess reads a multipart again of which no boundary was found, because the header gives none or a wrong one. The first line with the form
// of a boundary is taken for it.
func (s *splitter) guess() {
	body := s.root.body
	for rest := body; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		name := strings.TrimRight(string(line[:min(len(line), maxBoundary)]), " \t")
		if len(name) < 4 || !strings.HasPrefix(name, "--") || strings.ContainsAny(name, " \t") {
			continue
		}
		s.root.params["boundary"] = name[2:]
		s.root.closed, s.open, s.boundaries = false, nil, nil
		s.enter(s.root)
		s.rest = body
		s.run()
		return
	}
}
