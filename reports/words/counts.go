package words

// Noun is a thing that is counted.
type Noun int

// The nouns.
const (
	Resources Noun = iota
	Accounts
	Commitments
	Addresses
	Volumes
	Openings
	Starts
	Interruptions
	Acts
	Rows
	Files
	Entries
	Actions
	Gaps
	Moves
	Months
	Cases
	nouns
)

// nounTexts hold one and many; {1} is the number. Korean has no plural, but counts each thing by its own counter.
var nounTexts = [nouns]struct{ one, many text }{
	Resources:     {text{"리소스 {1}개", "{1} resource"}, text{"리소스 {1}개", "{1} resources"}},
	Accounts:      {text{"계정 {1}개", "{1} account"}, text{"계정 {1}개", "{1} accounts"}},
	Commitments:   {text{"약정 {1}건", "{1} commitment"}, text{"약정 {1}건", "{1} commitments"}},
	Addresses:     {text{"주소 {1}개", "{1} address"}, text{"주소 {1}개", "{1} addresses"}},
	Volumes:       {text{"볼륨 {1}개", "{1} volume"}, text{"볼륨 {1}개", "{1} volumes"}},
	Openings:      {text{"업무 시작 {1}회", "{1} opening"}, text{"업무 시작 {1}회", "{1} openings"}},
	Starts:        {text{"시작 {1}건", "{1} start"}, text{"시작 {1}건", "{1} starts"}},
	Interruptions: {text{"중단 {1}회", "{1} interruption"}, text{"중단 {1}회", "{1} interruptions"}},
	Acts:          {text{"조치 {1}건", "{1} act"}, text{"조치 {1}건", "{1} acts"}},
	Rows:          {text{"{1}행", "{1} row"}, text{"{1}행", "{1} rows"}},
	Files:         {text{"파일 {1}개", "{1} file"}, text{"파일 {1}개", "{1} files"}},
	Entries:       {text{"원장 기록 {1}건", "{1} ledger entry"}, text{"원장 기록 {1}건", "{1} ledger entries"}},
	Actions:       {text{"제안 {1}건", "{1} action"}, text{"제안 {1}건", "{1} actions"}},
	Gaps:          {text{"{1}건", "{1} gap"}, text{"{1}건", "{1} gaps"}},
	Moves:         {text{"전환 {1}건", "{1} move"}, text{"전환 {1}건", "{1} moves"}},
	Cases:         {text{"{1}건", "{1}"}, text{"{1}건", "{1}"}},
	Months:        {text{"{1}개월", "{1} month"}, text{"{1}개월", "{1} months"}},
}

// Count says how many of something there are: 7 resources, 리소스 7개.
func (w Words) Count(n int, of Noun) string {
	if of < 0 || of >= nouns {
		return w.Int(int64(n))
	}
	t := nounTexts[of].many
	if n == 1 {
		t = nounTexts[of].one
	}
	return w.fill(t, w.Int(int64(n)))
}
