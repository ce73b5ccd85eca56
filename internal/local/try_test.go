package local
import ("testing";"fmt";"path/filepath";"time")
func TestTry(t *testing.T){
 for _,f:=range []string{"friday","monday"}{
 names,_:=filepath.Glob("../../testdata/fleet/"+f+"/*.json")
 s,err:=ReadInventoryFiles(names,nil,Options{Taken:time.Date(2026,11,20,10,35,0,0,time.UTC)})
 if err!=nil{t.Fatal(err)}
 for _,r:=range s.Resources{ n:=r.Name(); if n==""{n=r.ID}; sch,_:=r.Tags.Get("offpeak:schedule"); fmt.Println(r.Scope,r.Kind,n,r.State,r.Status,r.Since.Format(time.RFC3339),r.Type,r.Product,r.Size,r.Lifecycle,r.Members,r.Traits,sch)}
 fmt.Println(len(s.Resources),s.NotChecked,s.Gaps)
 }
}
