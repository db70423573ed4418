use cel::parser::Parser;
fn main() {
    for src in ["step.build.exit == 0 && 'é' == input.x", "a.b['c'].d", "has(a.b.c)", "input.l.all(x, x.y > 1)", "'a' +", "a b", "1 +* 2", "foo(1,", "'unterminated", "a.", "", "a ? b", "@", "x.map(1, 2)", "has(x)", "a == = b", "\"a\n\"", "a\n+\n& b", "1e999", "99999999999999999999", "{a: 1}", "a{b:1}", "a.?b", "[?a]", "'\\q'", "=="] {
        match Parser::default().parse_with_source_info(src) {
            Ok((e, info)) => { println!("OK {src}: {:?}", info.offset_for(e.id)); walk(&e, &info); }
            Err(e) => { for e in e.errors { println!("ERR {src:?}: {:?} {}", e.pos, e.msg); } }
        }
    }
    for (name, s) in [("plus", "a+".repeat(1300)+"a"), ("dot", "a".to_string()+&".b".repeat(2000)), ("idx", "a".to_string()+&"[0]".repeat(1300)), ("not", "!".repeat(4000)+"a"), ("neg", "-".repeat(4000)+"a"), ("tern", "a?a:".repeat(1000)+"a"), ("or", "a||".repeat(1300)+"a"), ("paren", "(".repeat(30)+"a"+&")".repeat(30)),("paren90", "(".repeat(200)+"a"+&")".repeat(200)), ("notp", "!(".repeat(24)+"a"+&")".repeat(24)), ("callchain", "a".to_string()+&".f()".repeat(1000)), ("eqc", "a==".repeat(1000)+"a"), ("listopen", "[".repeat(2000)), ("bang", "!-".repeat(2000)+"a"), ("and", "a&&b==c||".repeat(400)+"a")] {
        let t = std::time::Instant::now();
        let s2 = s.clone();
        let r = std::thread::Builder::new().stack_size(2<<20).spawn(move || Parser::default().parse(&s2).map(|_| ()).map_err(|e| e.errors.len())).unwrap().join();
        println!("{name} len {} {:?} {:?}", s.len(), r.map_err(|_| "panic"), t.elapsed());
    }
}
fn walk(e: &cel::common::ast::IdedExpr, info: &cel::common::ast::SourceInfo) {
    use cel::common::ast::Expr::*;
    print!("   {:?} ", info.offset_for(e.id));
    match &e.expr {
        Call(c) => { println!("call {}", c.func_name); if let Some(t) = &c.target { walk(t, info); } for a in &c.args { walk(a, info); } }
        Ident(i) => println!("ident {i}"),
        Literal(l) => println!("lit {l:?}"),
        Select(s) => { println!("select {} {}", s.field, s.test); walk(&s.operand, info); }
        Comprehension(c) => { println!("compr {}", c.iter_var); walk(&c.iter_range, info); walk(&c.loop_step, info); }
        o => println!("{o:?}"),
    }
}
